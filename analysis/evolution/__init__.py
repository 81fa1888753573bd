"""How populations evolve.

price.py           the Price equation on all births
metapopulation.py  the Price equation of all islands together
dynamics.py        selection differentials, effective size, rival clades
inheritance.py     the parent–offspring regression
transmission.py    what children have more of a trait than their parent
fronts.py          Pareto fronts, hypervolume, attainment surfaces
islands.py         births by island, and what selection led one to expect of each
trajectories.py    traits by generation
contingency.py     how much of a change was chance
kinds.py           types of individuals: classes of phenotypes, clades
modes.py           open-endedness by the MODES toolbox: change, novelty, ecology
activity.py        evolutionary activity of types and clades, beside neutral shadows
shadows.py         the same demography with parents drawn uniformly
"""
