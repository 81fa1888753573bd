"""Selection differentials

Right of 0: parents have more of the trait than those they won from. Open diamonds are what the
scheme leads one to expect, and the bar is a 95 % interval over the generations of this run.
"""

from small import run

import alife

figure = alife.figures.selection(run(), color="#009E73", marker="s")
