"""Benches of the life kernel, for `alife bench`.

life.py      how fast individuals live, emit and are scored, against what the same core can do otherwise
costs.py     what a life costs, and what that grows with
rivals.py    the same steps network by network, and by JAX, which is imported when called
settings.py  what is measured
timing.py    how: contestants in turns on one core
"""
