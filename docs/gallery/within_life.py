"""Lives under several task weights

Each thin path is one genome, whose lives weigh the task more and more; the means over genomes stand
above.
"""

from small import assay

import alife

figure = alife.figures.within_life(assay("within_life"), alpha=0.3)
