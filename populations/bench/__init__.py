"""Benches that need whole runs, for `alife bench`.

run.py          what is not the kernel, and what a second worker is worth
checkpoints.py  what commits cost
"""
