"""Selection coefficients of clades

Each mark is all descendants of one individual. Bars reach as far as drift has the most unusual clade of a cohort go in
95 % of neutral shadows.
"""

from small import run

import alife

ax = alife.figures.coefficients(run(), span=4)
