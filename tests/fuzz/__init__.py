"""Malformed inputs, searched for: thousands of each kind are refused with one line, or mean what they say.

inputs.py  all kinds; `python -m tests.fuzz.inputs` prints the table, and test_inputs.py runs a part of it
idx.py     IDX files alone, with atheris where it is installed
runs.py    run folders that somebody else made, under the commands that take one
"""
