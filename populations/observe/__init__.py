"""Watching: what is said while something runs.

events.py          what is told, a dataclass a kind: all of them
event.py           what they have in common
run_events.py      those of a run
study_events.py    of sweeps, the seed paper and assays
steps.py           a run generation by generation, for loops and callbacks
callbacks.py       callbacks that come along
asking.py          callbacks, and what becomes of one that fails
listeners.py       who is told, and what becomes of one that fails
patience.py        a sink or a callback in a thread of its own
view.py            what all that is said to a person has in common
terminal.py        a run, on a terminal, in a notebook or as plain lines
sweep_progress.py  a sweep
assay_progress.py  an assay
paper_progress.py  the seed paper's experiments
jsonl.py           JSON lines
gauges.py          Prometheus gauges and TensorBoard
tracking.py        what trackers have in common, which are callbacks
wandb.py           Weights & Biases
mlflow.py          MLflow
"""
