"""The seed paper's experiments (Chang & Lipson 2018), on this project's own organism, and what goes beyond them.

- `frame.py`: what an experiment is given and what comes of it, as plain data.
- `registry.py`: which experiments there are, where their functions are, how long they take.
- `habitat.py`: the paper's network and world as a configuration, founders, and what is measured of networks.
- `annealing.py`, `strict.py`, `exact.py`: strict quines, and such that are exact.
- `fertility.py`, `contraction.py`: descent without learning, and training for it.
"""
