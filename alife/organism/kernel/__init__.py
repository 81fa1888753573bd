"""The gradient of a life's loss for a chunk of individuals.

gradient.py   one analytic pass: replication and cross-entropy together
matrices.py   weights laid out in memory as products and optimisers want them
products.py   float32 products by the faster of the two libraries that torch brings
"""
