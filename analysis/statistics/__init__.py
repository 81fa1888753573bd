"""Statements about treatments, with runs as the unit of replication.

intervals.py  intervals, tests, effect sizes, corrections
"""
