"""Traits through time

Median and 5–95 % of the individuals that lived to the end, a panel a trait, with each island's
median as a thin line. `names` chooses traits; several runs, or named treatments of several, are
drawn as means over runs of their medians.
"""

from small import run

import alife

figure = alife.figures.traits(run(), names=["accuracy", "replication_error", "copying_error"])
