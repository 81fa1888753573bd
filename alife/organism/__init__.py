"""The organism: a network that prints its own weights, its lifetime of learning, and what is measured of it.

shape.py          sizes of a network, and its weight matrices inside one flat row
genome.py         the same matrices of whole populations, in torch
quine.py          emission, classification
network.py        any torch module as an organism
autograd.py       its lives, through autograd
codes.py          what such a network is told of the weight that it is to print
lifetime.py       a lifetime of learning over a whole population
kernel/           the gradient of a life's loss, in batched products
fused/            lives, emission and classification in loops of numba, on CPUs
passes.py         which of these two a run is computed by
optimizers.py     updates over all weights of a chunk at once
hill_climbing.py  the seed paper's method without gradients
measures.py       how well individuals print, and what kind of fixpoint they are
"""
