"""Benches that need whole runs: `run` (what is not the kernel, and what a second worker is worth) and `checkpoints`."""
