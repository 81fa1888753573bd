"""Figures of a run.

registry.py      the figures by name
style.py         how every figure looks and is saved
bands.py         lines in their bands
tradeoff.py      the trade-off plane, hypervolume, attainment surfaces
trajectories.py  traits through time
forces.py        what moves traits: selection differentials, the Price equation
phylogeny.py     the phylogeny through time
descent.py       a line of descent
muller.py        clades that mattered and their shares through time
gene_flow.py     who moved between islands, and whose descendants live where
legends.py       legends that are whole
estimates.py     a mark with its interval
drawing.py       figures that cost nothing but a line where they fail
memory.py        how much there is for what is about to be drawn
"""
