"""Beyond the control

Left: each trait by generation, and where founders are given the same life. Right: how far it is
beyond the shuffled control of the same seeds; a band that leaves 0 is selection.
"""

from small import sweep

import alife

figure = alife.figures.beyond(sweep())
