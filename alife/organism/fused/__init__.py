"""Lives of the dense network in loops of numba: `life.passes: fused`, the extra `fast`. Of CPUs, in float32.

`alife.organism.kernel` is the same mathematics in batched calls of torch, and what this is tested against.

life.py      a lifetime of one individual after another
steps.py     its steps: products of blocks, and what lies between them
forward.py   emission, classification
passes.py    the loops over a block, or over a network's weights
numbers.py   SELU and its slope of one number
loops.py     how they are compiled
blas.py      float32 products of small blocks
memory.py    memory that begins at a cache line
"""
