"""Statements about treatments, with runs as the unit of replication.

centres.py       medians, shares, and means of what is positive, with their intervals
estimate.py      the one type of a number with its interval, and many as a table
intervals.py     means, differences and their intervals
series.py        means over the generations of one run, and ratios, with their intervals
sampling.py      noise of what is counted in a sample
variances.py     modified large-sample intervals of variance components
significance.py  the test that goes with these intervals, effect sizes, corrections
"""
