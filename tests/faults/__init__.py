"""Faults that strike from outside, at a moment that is seen: for `python -m tests.faults matrix|soak`.

processes   a process looked at and stopped through /proc (Linux)
arena       a Ray cluster of real node processes, and whose hosts do what
driver      an `alife` command as a process of its own, and the events it tells
scene       one run that is to be struck, and how its moments are caught
strikes     the faults: each waits for its moment, strikes, and says what it struck
cells       the matrix, and what each cell has to show
trial       a cell run and judged

Nothing here is known to the engine, and nothing of the engine is replaced: what is struck is what users run.
"""
