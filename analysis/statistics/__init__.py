"""Statements about treatments, with runs as the unit of replication.

estimate.py      the one type of a number with its interval, and many as a table
intervals.py     bootstrap intervals of centres and of differences
significance.py  tests, effect sizes, corrections
"""
