"""What goes on record by its name is what the package has under that name."""

from typing import Any

import pytest

from alife.assays import ASSAYS
from alife.evolution.crossover import OPERATORS
from alife.evolution.schemes import SCHEMES
from alife.organism.optimizers import OPTIMIZERS
from populations.engine.migration import TOPOLOGIES


@pytest.mark.parametrize(
    ("registry", "name"),
    [(SCHEMES, "truncation"), (OPERATORS, "units"), (OPTIMIZERS, "adamax"), (TOPOLOGIES, "ring"), (ASSAYS, "garden")],
)
def test_nothing_is_patched_in_under_the_name_of_the_shipped(registry: Any, name: str) -> None:
    shipped = registry[name]
    with pytest.raises(TypeError, match="does not support item assignment"):
        registry[name] = lambda *_: None
    with pytest.raises(TypeError):
        del registry[name]
    assert not hasattr(registry, "update")
    assert registry[name] is shipped
