"""G and P through time

What is inherited of each trait, the leading eigenvalues of G and P by windows of generations, and how far G's leading
axis turns, beside two halves of one window.
"""

from small import run

import alife

figure = alife.figures.inheritance(run(), span=3)
