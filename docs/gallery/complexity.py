"""Complexity

Parts of genomes knocked out one by one, by what that does to each score. What is left of the dashed line informs it.
"""

from small import assay

import alife

figure = alife.figures.complexity(assay("complexity"))
