"""Where treatments sit

Interquartile means over runs with 95 % bootstrap intervals over runs, in the last generation. A
trade-off is a slope upwards to the right.
"""

from small import sweep

import alife

ax = alife.figures.sites(sweep(), capsize=3)
