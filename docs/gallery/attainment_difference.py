"""Difference of attainment

Where on the plane one treatment's runs attain what the other's do not: blue is the first's,
vermillion the second's. Of a sweep over w, they are the heaviest and the lightest.
"""

from small import sweep

import alife

ax = alife.figures.attainment_difference(sweep())
