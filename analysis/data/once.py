"""What is computed once a run: decorate a function of a run, or of what is made of one, with `once`.

A result lives as long as what it was made of, and must hold no reference to it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

Owner = TypeVar("Owner")
Result = TypeVar("Result")
P = ParamSpec("P")


def once(function: Callable[Concatenate[Owner, P], Result]) -> Callable[Concatenate[Owner, P], Result]:
    """The function, computed once for each owner and other arguments, which are hashable and positional.

    Args:
        function: Of an owner that is compared by identity, as a Run. What it returns is shared: leave it as it is.
    """
    known: WeakKeyDictionary[Any, dict[Any, Result]] = WeakKeyDictionary()

    @wraps(function)
    def remembered(owner: Owner, *args: P.args, **kwargs: P.kwargs) -> Result:
        results, key = known.setdefault(owner, {}), (args, *sorted(kwargs.items()))
        if key not in results:
            results[key] = function(owner, *args, **kwargs)
        return results[key]

    return remembered
