"""Who descends from whom.

phylogeny.py  from the record of births: checked, ordered, pruned
metrics.py    metrics of a genealogy, from tskit
layout.py     where each individual stands in a drawing
export.py     files that others read
"""
