"""Where treatments sit

Means over runs with 95 % intervals over runs, in the last generation. A
trade-off is a slope upwards to the right.
"""

from small import sweep

import alife

ax = alife.figures.sites(sweep(), capsize=3)
