"""Replayed futures

Replays of history from one generation, beside the run that they were forked from: the share of
chance in what changed tells contingency from convergence.
"""

from small import replays, run

import alife

figure = alife.figures.futures(run(), replays(), alpha=0.7)
