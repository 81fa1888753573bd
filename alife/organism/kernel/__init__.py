"""The gradient of a life's loss for a chunk of individuals.

gradient.py    one analytic pass: replication and the task together; its equations are docs/concepts/gradient.md
activation.py  SELU in three passes over memory, and the units that it needs
features.py    what a network sees of coordinates and images
layout.py      where activations lie in memory
matrices.py    weights laid out in memory as products and optimisers want them
products.py    float32 products by the faster of the two libraries that torch brings
"""
