"""Responses to selection

What each generation's mean changed by, and what the breeder's equation predicted of it from the inheritance of other
generations.
"""

from small import run

import alife

figure = alife.figures.response(run())
