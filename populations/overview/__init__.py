"""What lies below a folder and how it stands, without disturbing it: nothing is written, and no part of a run is read.

finding.py  runs, sweeps and folders of the seed paper's experiments below a folder
again.py    the same, asked again and again: what has not changed is not read again
entry.py    one of them in a line
run.py      all that is known of a run
sweep.py    all that is known of a sweep
"""
