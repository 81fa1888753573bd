"""Common garden

Genomes of several generations live the same lives: each dot is a genome's mean over them,
vermillion lines are the lives that the generations share, and at the end stands how much of it is
heritable.
"""

from small import assay

import alife

figure = alife.figures.garden(assay("garden"))
