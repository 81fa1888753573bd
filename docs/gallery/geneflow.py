"""Gene flow

How far migrants carried genomes: off the diagonal, ancestors lived on another island.
"""

from small import run

import alife

figure = alife.figures.geneflow(run())
