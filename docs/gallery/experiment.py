"""An experiment of the seed paper

Initial networks beside the values that the paper reports, with ρ beside L_SR.
"""

from small import paper

import alife

figure = alife.figures.experiment(paper(), "E0")
