"""Effects of new mutations through time

Share of mutations by their effect: as measured, and without the noise that lives leave in it.
"""

from small import assay

import alife

figure = alife.figures.dfe(assay("dfe"))
