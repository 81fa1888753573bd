"""Faults that strike from outside, at a moment that is seen: for `python -m tests.faults matrix|soak`.

matrix.py     every kind of fault at every moment; test_matrix.py: a cell of each kind
soak.py       a thousand generations with a worker killed every twenty; test_soak.py: the same, shortened
processes.py  a process looked at and stopped through /proc (Linux)
arena.py      a Ray cluster of real node processes, and whose workers do what
driver.py     an `alife` command as a process of its own, and the events it tells
scene.py      one run that is to be struck, and how its moments are caught
strikes.py    the faults: each waits for its moment, strikes, and says what it struck
cells.py      the matrix, and what each cell has to show
trial.py      a cell run and judged

Nothing here is known to the engine, and nothing of the engine is replaced: what is struck is what users run.
"""
