"""What several runs say together.

treatments.py  the runs of a sweep by treatment, one value a run and generation
comparison.py  treatments compared at one generation
values.py      one value a run, from which they start
wording.py     a comparison as sentences and as a table
trends.py      traits through time over runs, beside controls
survival.py    how long populations and lineages last
futures.py     replays of history from one generation
histories.py   replays of several histories: adaptation, chance, history
"""
