"""Trade-off among genomes

What replicated lives of the children of a run's last generation say: each circle is a run; left of
0, genomes that classify better print worse.
"""

from small import sweep

import alife

figure = alife.figures.genomes(sweep())
