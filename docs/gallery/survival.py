"""Survival of populations

Share of runs that are not extinct, by generation: Kaplan–Meier, with 95 % log-log intervals. Ticks are runs that were
alive when they ended.
"""

from small import sweep

import alife

ax = alife.figures.survival(sweep())
