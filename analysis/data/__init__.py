"""Run folders as data frames.

run.py          what the manifest lists, checked against the schema, with derived columns
individual.py   one individual: scores, family, genome, network
parts.py        its parts as data frames
derived.py      columns that are computed on load
once.py         what is computed once a run
source.py       the files of a folder, wherever it is
validation.py   what a sound record of births is
treatments.py   runs grouped by treatment
labels.py       what treatments are called
controls.py     which treatments are compared: families, controls, partners
projections.py  runs that share a projection, and projections as a factor
sweep.py        all runs of a folder, by treatment
"""
