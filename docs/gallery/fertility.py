"""Descent without selection

How long lines last that nobody selects, with and without learning and birth noise: median and
middle half of those that live.
"""

from small import assay

import alife

figure = alife.figures.fertility(assay("fertility"))
