"""Epistasis

What two mutations do together beyond the sum of what each does alone, by that sum. Above 0 they are better together.
"""

from small import assay

import alife

figure = alife.figures.epistasis(assay("epistasis"))
