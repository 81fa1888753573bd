"""Statements about treatments, with runs as the unit of replication.

estimate.py      the one type of a number with its interval, and many as a table
intervals.py     bootstrap intervals of centres and of differences
sampling.py      noise of what is counted in a sample
significance.py  tests, effect sizes, corrections
"""
