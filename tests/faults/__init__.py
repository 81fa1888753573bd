"""Faults injected from outside, at a moment that is seen: for `python -m tests.faults matrix|soak`.

matrix.py      every kind of fault at every moment; test_matrix.py: a case of each kind
soak.py        a thousand generations with a worker killed every twenty; test_soak.py: the same, shortened
processes.py   a process looked at and stopped through /proc (Linux)
cluster.py     a Ray cluster of real node processes, and whose workers do what
driver.py      an `alife` command as a process of its own, and the events it tells
scenario.py    one run that is to be hit, and how its moments are caught
moments.py     what a worker that stands still is seen to do
injections.py  the faults of workers and nodes: each waits for its moment, happens, and says what it hit
drivers.py     those of drivers, disks and memory
cases.py       the matrix, and what each case has to show
trial.py       a case run and judged

Nothing here is known to the engine, and nothing of the engine is replaced: what is hit is what users run.
"""
