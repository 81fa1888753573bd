"""How much of a front is luck

Genomes of a common garden on the front of one life (dotted, open), and at what they score in the
other lives (whole, filled). What genomes have in earnest stays.
"""

from small import sweep

import alife

figure = alife.figures.luck(sweep())
