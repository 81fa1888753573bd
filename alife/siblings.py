"""The packages of this project, `alife`, `analysis` and `populations`, and what hides one of them.

Python imports what it finds first: a file `alife.py` of the user's own, or a folder `populations`, may come before the
package. `claim` imports the packages themselves, in the command and in Ray's workers.
"""

import importlib
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
"""The folder that holds them."""
_A_FILE = {"alife": "siblings.py", "analysis": "data/run.py", "populations": "engine/evolve.py"}


def claim(root: str) -> str:
    """Import the packages from a folder, whatever comes earlier on Python's path.

    Args:
        root: The folder; if it is not on this machine, they are looked for where Python looks.

    Returns:
        Nothing, or one line that names what hides a package.
    """
    sys.path.insert(0, root)
    try:
        importlib.invalidate_caches()
        for name in _A_FILE:
            importlib.import_module(name)
    except ImportError as error:
        return f"this program is not installed here, or not all of it: {error}"
    finally:
        sys.path.remove(root)
    for name, file in _A_FILE.items():
        module = sys.modules[name]
        folders = list(getattr(module, "__path__", ()))
        if not any(os.path.exists(os.path.join(folder, file)) for folder in folders):
            return hidden(name, getattr(module, "__file__", None) or next(iter(folders), "a module"))
    return ""


def hidden(name: str, by: str) -> str:
    """What to say of a package that cannot be imported because of something else of its name."""
    return f"{by}: hides the package {name!r} of this program: rename it, or work in another folder"
