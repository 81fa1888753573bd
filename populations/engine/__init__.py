"""A run: from its configuration to its record, started, resumed, extended or forked.

evolve.py       the door: a run started, resumed, extended
plans.py        what is to be lived, checked before anything is written
course.py       a run as an iterator of its generations
prepare.py      what is open in a configuration resolved, and all checked that can be
signals.py      signals as a wish to stop
drive.py        a run from its first generation to its last, and nothing left open
coordinator.py  scores → fitness → parents, generation by generation
parenthood.py   who survives and has children, given the scores
backend.py      where islands live: in this process, or on Ray
worker.py       a warm process that lives islands' generations
migration.py    newborns swapped between neighbours
fork.py         history replayed from a kept generation
adults.py       what individuals became
needs.py        what a run will take, said before it starts
usage.py        what a run costs, put on record
choosing.py     whether Ray makes up for its start
classes.py      classes of machines
ray/            workers on Ray, and what is done when they are lost
"""
