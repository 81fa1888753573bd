"""How populations evolve.

price.py           the Price equation on all births
metapopulation.py  the Price equation of all islands together
dynamics.py        selection differentials, effective size, rival clades
inheritance.py     the parent–offspring regression
transmission.py    what children have more of a trait than their parent
breeder.py         the response of each generation, predicted and realised
moments.py         sums of parents and children by generation
matrices.py        G and P through time
fronts.py          Pareto fronts, hypervolume, attainment surfaces
islands.py         births by island, and what selection led one to expect of each
trajectories.py    traits by generation
contingency.py     how much of a change was chance
partition.py       adaptation, chance and history, of replays of several histories
neutral.py         the same lives with parents drawn without regard to what they achieved
clades.py          selection coefficients of lineages, and their neutral bands
balance.py         the Sackin index beside that of neutral reproduction
sweeps.py          sweeps and clonal interference
kinds.py           types of individuals, classes of phenotypes or clades, and how they are handed on
modes.py           open-endedness by the MODES toolbox: change, novelty, ecology
activity.py        evolutionary activity of types and clades, beside neutral shadows
lines.py           how long lines last, beside how long they last by drift
rates.py           how heritable rates evolve, beside drift
signal.py          phylogenetic signal of traits, and contrasts
history.py         all measures of a run's record, by name
"""
