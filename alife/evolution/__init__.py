"""One island's evolution: birth, life, scores, selection, reproduction.

island.py        a generation of one island, as a pure function
habitat.py       where it lives: the physics on a device, and what its kind of network needs
networks.py      the network that a configuration names, made under the run's seeds
network_trials.py  that network, tried before anything is made
sampling.py      the images of a generation, where selection has some of them
selection.py     fitness, who is chosen, and what a scheme leads one to expect
schemes.py       the shipped schemes of selection
fitness.py       what they compare, and chances by rank
lexicase.py      the scheme that goes by case after case
niches.py        schemes that keep an island diverse
mutation.py      operators of mutation, shipped and one's own
crossover.py     operators of crossover of two messages, likewise
measuring.py     further columns of births: functions of a finished life, and how often they are taken
objects.py       the user's own objects of a configuration
handed.py        what these are given, and give
reproduction.py  from an emitted genome to a newborn; death
succession.py    the next generation of an island: survivors and children
adult.py         one adult as a plain torch module
founding.py      founders that the user brings
programs.py      adults as files that others read: safetensors, TorchScript, ONNX
"""
