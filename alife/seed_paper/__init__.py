"""The seed paper's experiments (Chang & Lipson 2018), on this project's own organism, and what goes beyond them.

registry.py      which experiments there are, where their functions are, how long they take
frame.py         what an experiment is given and what comes of it, as plain data
marker.py        the file that says that a part has ended
habitat.py       the paper's network and world as a configuration, founders, and what is measured of networks
training.py      the paper's gradient training
initial.py       E0: untrained networks
optimizers.py    E1 and E2: six optimisers, and Adamax for longer
climbing.py      E3 and E4: hill climbing
regeneration.py  E5 and E6: weights replaced by what is printed
auxiliary.py     E7, E8 and the trade-off: printing and MNIST together
annealing.py     training of strict quines, in stages
strict.py        strict quines: vanilla, auxiliary, exact
exact.py         ρ = 0 within rounding
fertility.py     how many emissions a solution lasts without learning
contraction.py   training for that
reported.csv     what the paper reports
"""
