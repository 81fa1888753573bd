"""What a birth does to a trait

Children less their parent, by how much the parent has: above 0 a trait grows by being handed on, whoever is selected.
"""

from small import sweep

import alife

ax = alife.figures.transmission(sweep(), trait="copying_error")
