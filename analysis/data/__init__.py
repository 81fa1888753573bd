"""Run folders as data frames.

run.py         what the manifest lists, checked against the schema, with derived columns
source.py      the files of a folder, wherever it is
validation.py  what a sound record of births is
treatments.py  runs grouped by treatment
sweep.py       all runs of a folder, by treatment
"""
