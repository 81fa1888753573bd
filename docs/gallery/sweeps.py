"""Sweeps and clonal interference

Shares of the two largest clades by generation, and what neutral ones of their rank have at most in 95 % of shadows.
Where both are above, lineages that are better than most compete.
"""

from small import run

import alife

ax = alife.figures.sweeps(run(), span=3)
