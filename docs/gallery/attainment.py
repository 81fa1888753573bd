"""Attainment surfaces

What half of a treatment's runs attain, and between what one and what all of them do. Further up and
to the left is better.
"""

from small import sweep

import alife

ax = alife.figures.attainment(sweep())
