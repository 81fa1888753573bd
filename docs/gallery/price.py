"""Price equation

Components of the change of each trait's mean, added up. The black line is what changed; the others
add up to it. What chance did is not selection.
"""

from small import run

import alife

figure = alife.figures.price(run(), traits=["accuracy", "copying_error"])
