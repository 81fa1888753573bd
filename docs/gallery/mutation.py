"""Birth noise

What of a birth's noise the next emissions retain, how many dimensions are heritable, and what new
mutations do to traits.
"""

from small import assay

import alife

figure = alife.figures.mutation(assay("mutation"))
