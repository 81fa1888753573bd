"""Phylogeny

Time runs to the right; those alive at the end are the tips, with their island beside them, and a
fork is their common ancestor. Branches are coloured by a trait.
"""

from small import run

import alife

figure = alife.figures.phylogeny(run(), trait="replication_error")
