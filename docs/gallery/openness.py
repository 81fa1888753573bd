"""Open-endedness and activity

MODES by step: classes of phenotypes that persist, those that are new, and the entropy of who persists; and the activity
of classes and clades beside neutral shadows, the same lives with parents drawn alike.
"""

from small import run

import alife

figure = alife.figures.openness(run(), span=2)
