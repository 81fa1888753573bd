"""Price equation

Components of the change of each trait's mean over all islands, added up. The black line is what
changed; the others add up to it. What chance did is not selection, and regression to the mean is no
biased inheritance.
"""

from small import run

import alife

figure = alife.figures.price(run(), traits=["accuracy", "copying_error"])
