"""Hypervolume by generation

Higher: that generation's individuals dominate more of the plane, measured from chance. Of
named treatments it is the mean over runs with its 95 % interval.
"""

from small import sweep

import alife

ax = alife.figures.hypervolume(sweep())
