"""A run: from its configuration to its record, started, resumed, extended or forked.

evolve.py       the door: a run started, resumed, extended
plans.py        what is to be lived, checked before anything is written
course.py       a run as an iterator of its generations
prepare.py      what is open in a configuration resolved, and all checked that can be
signals.py      signals as a wish to stop
drive.py        a run from its first generation to its last, and nothing left open
run_state.py    a run under way, as plain data
coordinator.py  how far islands may live, and what follows from what they tell
flow.py         how far they have come
completing.py   what is told of a generation that all have lived
recording.py    commits of what workers have written
ending.py       the end of a run, and an early one
messages.py     what islands, workers and the coordinator say to each other
islands.py      the islands that a worker keeps, each living on by itself
migration.py    newborns swapped between neighbours
worker.py       a generation of an island lived, and written
parenthood.py   who survives and has children, given the scores
tasks.py        what a worker is told beside, and what it reports
resident.py     a worker in threads of its own
pieces.py       large islands in pieces, and what workers say to each other of them
sharing.py      what a worker has to live where islands are shared
backend.py      where islands live: in this process, or on Ray
fork.py         history replayed from a kept generation
adults.py       what individuals became
needs.py        what a run will take, said before it starts
usage.py        what a run costs, put on record
eventlog.py     what a run tells, beside its record
choosing.py     whether Ray makes up for its start
classes.py      classes of machines
ray/            workers on Ray, and what is done when they are lost
"""
