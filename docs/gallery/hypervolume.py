"""Hypervolume by generation

Higher: that generation's individuals dominate more of the plane, measured from chance. Of
named treatments it is the median over runs with its 95 % bootstrap interval.
"""

from small import sweep

import alife

ax = alife.figures.hypervolume(sweep())
