"""Trade-off within a life

The same genomes live for more and less of the task. A path that climbs to the right buys accuracy
with replication, one that climbs straight up has it for nothing. Task weights stand beside the
marks.
"""

from small import sweep

import alife

figure = alife.figures.lives(sweep())
