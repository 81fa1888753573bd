"""How populations evolve.

price.py        the Price equation on all births
dynamics.py     selection differentials, effective size, inheritance, rival clades
neutral.py      the same lives with parents drawn without regard to what they achieved
clades.py       selection coefficients of lineages, and their neutral bands
sweeps.py       sweeps and clonal interference
moments.py      sums of parents and children by generation
breeder.py      the response of each generation, predicted and realised
matrices.py     G and P through time
fronts.py       Pareto fronts, hypervolume, attainment surfaces
islands.py      births by island, and what selection led one to expect of each
trajectories.py traits by generation
contingency.py  how much of a change was chance
"""
