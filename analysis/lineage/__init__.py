"""Who descends from whom.

phylogeny.py  from the record of births: checked, ordered, pruned
metrics.py    metrics of a genealogy, from tskit
layout.py     where each individual stands in a drawing
export.py     files that others read, by format: the ALife data standard, Parquet, and those of
newick.py     Newick and NEXUS
auspice.py    Auspice's JSON
taxonium.py   Taxonium's JSON lines
trees.py      tskit's .trees
nested.py     the order in which these write a tree, and its words
"""
