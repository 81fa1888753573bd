"""Watching: what is said while something runs.

terminal.py        a run on a terminal, as plain lines, as JSON lines
sweep_progress.py  a sweep
assay_progress.py  an assay
paper_progress.py  the seed paper's experiments
gauges.py          Prometheus gauges and TensorBoard
listeners.py       who is told, and what becomes of one that fails
patience.py        one sink in a thread of its own
"""
