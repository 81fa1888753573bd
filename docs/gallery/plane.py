"""Trade-off plane

Up and to the left is better. Each point is one individual, coloured by its generation; steps are
the Pareto fronts of some generations. Founders stand far right: nobody printed their genomes.
Properties of the points are given by name.
"""

from small import run

import alife

ax = alife.figures.plane(run(), alpha=0.5)
