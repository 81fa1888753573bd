"""Figures, each a function `(data, ax=None, **style) -> Axes`, or with panels `(data, figure=None, **style) -> Figure`.

One convention for all of them:

* First comes the data: a `Run`, several, named treatments of several, an assay's `Result`.
* `ax` is where it is drawn, or `figure`, which is empty; a new figure that no window system knows of if None.
* Options follow by name alone.
* `title`, `legend` and `colorbar` say what stands beside the axes, `rc` has rcParams for this figure; convention.py
  adds them to every function that draws one.
* `**style` are properties of the figure's main marks (each docstring says which) under any name that matplotlib has for
  them: `color`, `alpha`, `lw`, `marker`, `label`, `zorder`, … They go before the project's own; a `color` goes before
  colours that stand for values too, and is one for all. What matplotlib does not know, it refuses with its own error.
* All else of how a figure looks is the user's matplotlib style: what a matplotlibrc, a style sheet or a hand has set
  in rcParams goes before the project's style, and is as it was afterwards.

registry.py      every figure by name: what it shows, how it is read, what it is drawn of
making.py        the figures of a run, drawn into its folder
saving.py        a figure as files, and a line where there is none

of a run and of several
  plane.py         the trade-off plane
  animation.py     the same, generation by generation, as a moving picture
  hypervolume.py   hypervolume by generation
  attainment.py    attainment surfaces, and their difference
  trajectories.py  traits through time
  forces.py        what moves traits: selection differentials, the Price equation
  phylogeny.py     the phylogeny through time
  descent.py       a line of descent
  muller.py        clades that mattered and their shares through time
  openness.py      change, novelty, ecology and activity
  lineages.py      clades outside of neutral bands, sweeps and interference
  response.py      responses to selection, G and P through time
  gene_flow.py     who moved between islands, and whose descendants live where
of a sweep
  sites.py         where treatments sit
  beyond.py        traits beyond the shuffled control
  trades.py        what its assays found among genomes and within lives
  luck.py          fronts of one life, lived again
  transmission.py  what children have more of a trait than their parent
  survival.py      how long populations last
  futures.py       replays beside the run that they were forked from
of assays          garden.py within_life.py mutation.py interactions.py complexity.py fertility.py
of the seed paper  seed_paper.py strict.py

what they share
  convention.py    what every figure takes
  style.py         the project's style below the user's
  palette.py       colours and dashes
  canvas.py        figures, axes, titles and colour bars
  scales.py        axes of traits and generations
  estimates.py     marks with intervals, lines in bands
  bands.py         several runs in one panel
  legends.py       legends that are whole
  memory.py        how much there is for what is about to be drawn
"""
