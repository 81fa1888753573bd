"""Networks of a few weights that are applied to weights, and soups of them (Gabor et al. 2019).

Thomas Gabor, Steffen Illium, Andy Mattausch, Lenz Belzner and Claudia Linnhoff-Popien, "Self-replication in neural
networks", ALIFE 2019; extended in Artificial Life 28(2), 2022. Details that the papers leave open are those of the
authors' public repository, illiumst/self-replicating-neural-networks.

networks.py     weightwise, aggregating, recurrent: what `quine.network` of these words makes
training.py     stochastic gradient descent of many networks at once, sample after sample
turns.py        what individuals of a soup do in an epoch, and what of it can be computed together
soup.py         `quine.network: soup`: an island whose individuals attack, learn from each other and train themselves
fixpoints.py    the five classes of fixpoint, and measures of them
experiments.py  the paper's experiments
reported.csv    what the authors' logs say
comparison.py   ours beside theirs: intervals, tests, a table
__main__.py     `python -m alife.organisms.tiny` makes that table
"""

from alife.organisms.tiny.fixpoints import fixpoint_class, is_fixpoint
from alife.organisms.tiny.networks import Aggregating, Recurrent, Weightwise
from alife.organisms.tiny.soup import Soup

__all__ = ["Aggregating", "Recurrent", "Soup", "Weightwise", "fixpoint_class", "is_fixpoint"]
