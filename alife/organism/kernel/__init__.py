"""The gradient of a life's loss for a chunk of individuals.

activation.py  SELU in three passes over memory, and the units that it needs
gradient.py    one analytic pass: replication and cross-entropy together
matrices.py    weights laid out in memory as products and optimisers want them
products.py    float32 products by the faster of the two libraries that torch brings
"""
