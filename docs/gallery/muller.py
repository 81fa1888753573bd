"""Muller plot

Each colour is a clade, as high as its share of the generation; those that fill the picture swept.
It is drawn on axes of one's own here, under a style sheet of matplotlib: what the user sets goes
before the project's style.
"""

from matplotlib import style
from matplotlib.figure import Figure
from small import run

import alife

figure = Figure(figsize=(6.4, 4), layout="constrained")
with style.context("dark_background"):
    figure.set_facecolor("black")
    ax = alife.figures.muller(run(), figure.add_subplot(), trait="copying_error")
