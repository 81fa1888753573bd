"""Objects of one's own that a configuration names: found, called, and told apart by their source.

A name is `path/to/file.py:object` or `package.module:object`; what is shipped goes by a plain word and is not looked
for here. `find` gives the object with its parameters, `check` refuses one whose source is not that on record. Files go
to other processes as the text that was read here (`carried`, `bring`), so that all of a run compute with the same; what
a file imports must be installed. Nothing that only reads a run folder calls this.
"""

import hashlib
import importlib
import inspect
import math
import os
import re
import sys
import traceback
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from alife.errors import UserError

_TEXTS: Final[dict[str, bytes]] = {}
"""Files read in this process, or brought to it, by their absolute path."""

_IMPORTED: Final[list[str]] = []
"""Files that are being imported, the innermost last."""

NAME: Final = re.compile(r"(?:[^\0\n]+\.py|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):[A-Za-z_]\w*")
"""`path/to/file.py:object` and `package.module:object`."""

LARGEST: Final = 1 << 20
"""Bytes of a file at most."""

_OWN: Final = "_alife_own_"


@dataclass(frozen=True)
class Found:
    """An object that a configuration names.

    Attributes:
        key: Of the configuration.
        name: What stands there.
        call: The object.
        parameters: What the configuration says of its parameters, as its own pydantic model; None if it has none.
        sha256: Of the source file that it comes from.
        asks: What else it asks for by the name of an argument.
    """

    key: str
    name: str
    call: Callable[..., Any]
    parameters: BaseModel | None
    sha256: str
    asks: tuple[str, ...] = ()
    arguments: tuple[Any, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "arguments", () if self.parameters is None else (self.parameters,))

    def on_record(self) -> dict[str, Any]:
        """What a run's manifest says of it."""
        given = {} if self.parameters is None else self.parameters.model_dump(mode="json")
        return {"name": self.name, "sha256": self.sha256, "parameters": given}

    def error(self, why: str) -> UserError:
        """An error that names it."""
        return UserError(f"{self.key}: {self.name}: {why}")

    def __call__(self, *given: Any, where: str = "", **offered: Any) -> Any:
        """What the object makes of its arguments, its parameters last; what it prints goes to standard error.

        Args:
            given: Its arguments.
            where: What to say of the place where it fails, as in "in generation 3 on island 0".
            offered: What it is given, too, if it asks for it.

        Raises:
            UserError: It raised something.
        """
        try:
            with redirect_stdout(sys.stderr):
                return self.call(*given, *self.arguments, **{name: offered[name] for name in self.asks})
        except (Exception, SystemExit) as error:
            raise self._failed(error, where) from error

    @contextmanager
    def telling(self, where: str) -> Iterator[None]:
        """What is raised inside, by what the object made, is a `UserError` that names it, as of a call of its own."""
        try:
            with redirect_stdout(sys.stderr):
                yield
        except UserError:
            raise
        except (Exception, SystemExit) as error:
            raise self._failed(error, where) from error

    def _failed(self, error: BaseException, where: str) -> UserError:
        if isinstance(error, UserError) and not is_own(self.name):
            return self.error(str(error))
        goes_on = "; mend it, and 'alife resume RUN --allow-changed' goes on"
        mend = goes_on if where.startswith("in generation") else ""
        return self.error(f"it failed{f' {where}' if where else ''}: {_told(error, self.call)}{mend}")


def is_own(name: str) -> bool:
    """Whether a name is of an object of one's own, and not of one that is shipped."""
    return ":" in name


def located(name: str) -> str:
    """A name that means the same wherever one stands: a file by its absolute path."""
    where, _, what = name.rpartition(":")
    return f"{os.path.abspath(os.path.expanduser(where))}:{what}" if where.endswith(".py") else name


def short(name: str) -> str:
    """A name without folders, for labels: `my_selection.py:fewest`."""
    return os.path.basename(name) if name.rpartition(":")[0].endswith(".py") else name


def name_of(thing: Any) -> str:
    """The name of a function or class, for who has the object itself.

    Raises:
        ValueError: It has no name by which another process could find it.
    """
    module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", "")
    if not name.isidentifier() or not isinstance(module, str):
        raise ValueError(
            "an object without a name of its own: give a function or class, no instance, that is at the top of a file"
        )
    if not module.startswith(_OWN) and module != "__main__":
        return f"{module}:{name}"
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        raise ValueError(f"{name} is in no file: other processes could not find it: put it into one, as file.py:{name}")
    return f"{os.path.abspath(file)}:{name}"


def installed(group: str) -> dict[str, str]:
    """Plain words under which installed packages offer objects, and the `package.module:object` behind each.

    Args:
        group: Of entry points, as "alife.schemes".
    """
    return {entry.name: entry.value for entry in metadata.entry_points(group=group)}


def find(
    key: str,
    name: str,
    given: Mapping[str, Any],
    takes: tuple[str, ...],
    again: bool = False,
    offers: tuple[str, ...] = (),
    word: str = "",
) -> Found:
    """The object that a configuration names.

    Args:
        key: Of the configuration, as errors are to name it.
        name: What stands there.
        given: Its parameters.
        takes: What it is called with, before its parameters.
        again: Read its file again, if it is in one, in place of what was read before.
        offers: What it is given, too, if it has an argument of that name.
        word: What stands there in place of the name of an object that is shipped.

    Raises:
        UserError: It is not there, cannot be called so, or its parameters are not what it allows.
    """
    where, _, what = name.rpartition(":")
    in_file = where.endswith(".py")
    module, text = _from_file(key, name, where, again) if in_file else _from_module(key, name, where)
    if not hasattr(module, what):
        there = ", ".join(sorted(n for n, v in vars(module).items() if callable(v) and _of(v, module))) or "none"
        raise UserError(f"{key}: {name}: there is no {what!r} in {where}; its own functions and classes: {there}")
    call = getattr(module, what)
    if not callable(call):
        raise UserError(
            f"{key}: {name}: is a {type(call).__name__}, and a function of ({', '.join(takes)}) is expected"
        )
    model = model_of(key, name, call, takes, offers)
    asks = tuple(each for each in offers if each in named_arguments(call))
    told = word or name
    return Found(key, told, call, validated(key, told, model, given), hashlib.sha256(text).hexdigest(), asks)


def named_arguments(call: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Arguments that a function takes by name."""
    every = inspect.signature(call).parameters
    return {name: each for name, each in every.items() if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)}


def check(found: Found, known: Mapping[str, Any] | None, allowed: bool) -> str:
    """Compare an object with the one that a run has on record.

    Args:
        found: That of the configuration.
        known: What the manifest says of the key; None if nothing.
        allowed: Whether a change is accepted.

    Returns:
        What to put on record of a change that is accepted, or nothing.

    Raises:
        UserError: Its source has changed.
    """
    said = "" if known is None else change(found, known)
    if not said:
        return ""
    if not allowed:
        raise found.error(f"{said}: restore it, or go on with --allow-changed, which goes on record")
    return f"changed: {found.key}: {found.name}: {said}"


def change(found: Found, known: Mapping[str, Any]) -> str:
    """How the source of an object differs from the one on record, or nothing."""
    if known["sha256"] == found.sha256:
        return ""
    return f"its source was {known['sha256'][:12]}… (SHA-256) and is {found.sha256[:12]}… now"


def carried() -> dict[str, bytes]:
    """Files read in this process, for `bring` in another."""
    return dict(_TEXTS)


def bring(texts: Mapping[str, bytes]) -> None:
    """Take files as another process has read them; they are not looked for on this machine."""
    _TEXTS.update(texts)


def _from_file(key: str, name: str, path: str, again: bool) -> tuple[types.ModuleType, bytes]:
    if again or path not in _TEXTS:
        try:
            text = Path(path).read_bytes()
        except OSError as error:
            raise UserError(f"{key}: {name}: {path}: {(error.strerror or str(error)).lower()}: put it there") from None
        if len(text) > LARGEST:
            raise UserError(f"{key}: {name}: {path}: more than {LARGEST:,} bytes: too large to be a source file")
        _TEXTS[path] = text
    text = _TEXTS[path]
    called = f"{_OWN}{hashlib.sha256(path.encode() + text).hexdigest()[:24]}"
    if called in sys.modules:
        return sys.modules[called], text
    module = types.ModuleType(called)
    module.__file__ = path
    sys.modules[called] = module
    _IMPORTED.append(path)
    try:
        exec(compile(text, path, "exec"), vars(module))
    except BaseException as error:
        del sys.modules[called]
        if isinstance(error, KeyboardInterrupt):
            raise
        raise UserError(f"{key}: {name}: cannot be imported: {_told(error, path)}") from error
    finally:
        _IMPORTED.pop()
    return module, text


def refuse_amid_import() -> None:
    """See that no file of the user's own is being imported: a script that is named in its own run would run twice.

    Raises:
        UserError: One is.
    """
    if _IMPORTED:
        raise UserError(
            f"{_IMPORTED[-1]}: a run is begun while this file is imported for what it defines: put what runs below "
            "if __name__ == '__main__':"
        )


def _from_module(key: str, name: str, where: str) -> tuple[types.ModuleType, bytes]:
    try:
        module = importlib.import_module(where)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        hint = f": did you mean {where}.py:…?" if os.path.isfile(f"{where}.py") else ""
        raise UserError(f"{key}: {name}: cannot be imported: {_told(error, where)}{hint}") from error
    try:
        return module, Path(inspect.getsourcefile(module) or "").read_bytes()
    except (OSError, TypeError):
        raise UserError(f"{key}: {name}: {where} has no source file, by which a run could tell it again") from None


def _of(thing: Any, module: types.ModuleType) -> bool:
    return getattr(thing, "__module__", None) == module.__name__


def model_of(
    key: str, name: str, call: Callable[..., Any], takes: tuple[str, ...], offers: tuple[str, ...] = ()
) -> type[BaseModel] | None:
    """The model of an object's parameters, which annotates its last argument; None if it takes none."""
    expected = f"a function of ({', '.join(takes)}), or of ({', '.join((*takes, 'parameters'))})"
    expected += f", and of {', '.join(offers)} by name if it likes" if offers else ""
    try:
        places = [
            p
            for p in inspect.signature(call).parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.name not in offers
        ]
        unknown = [
            p.name
            for p in inspect.signature(call).parameters.values()
            if p.kind is p.KEYWORD_ONLY and p.default is p.empty and p.name not in offers
        ]
    except (TypeError, ValueError):
        raise UserError(f"{key}: {name}: its arguments cannot be told: write it as {expected}") from None
    if unknown:
        raise UserError(f"{key}: {name}: asks for {unknown[0]!r}, which nobody gives: {expected} is expected")
    needed = [place for place in places if place.default is place.empty]
    if len(places) < len(takes) or len(needed) > len(takes) + 1:
        raise UserError(f"{key}: {name}: takes {len(places)} arguments: {expected} is expected")
    if len(places) == len(takes):
        return None
    last = places[len(takes)]
    try:
        made = call.__init__ if isinstance(call, type) else call  # type: ignore[misc]
        kind = typing.get_type_hints(made).get(last.name)
    except Exception as error:
        raise UserError(
            f"{key}: {name}: the annotation of {last.name!r} cannot be read: {_told(error, name)}"
        ) from None
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    if last.default is not last.empty:
        return None
    raise UserError(f"{key}: {name}: annotate {last.name!r} with a pydantic model of its parameters")


def validated(key: str, name: str, model: type[BaseModel] | None, given: Mapping[str, Any]) -> BaseModel | None:
    """What a configuration says of an object's parameters, as their model; None if it has none.

    Raises:
        UserError: The model does not allow it.
    """
    if model is None:
        if given:
            raise UserError(f"{key}: {name}: takes no parameters, and {', '.join(map(str, given))} is given")
        return None
    unknown = [str(each) for each in given if each not in model.model_fields]
    if unknown:
        raise UserError(
            f"{key}: {name}: has no parameter {unknown[0]}; it has {', '.join(model.model_fields) or 'none'}"
        )
    try:
        found = model.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        what = ".".join(map(str, first["loc"]))
        raise UserError(f"{key}: {name}: {what}: {first['msg'][0].lower()}{first['msg'][1:]}") from None
    for what, value in found.model_dump().items():
        if not _finite(value):
            raise UserError(f"{key}: {name}: {what}: is {value}, which cannot go on record: let it be None, or finite")
    return found


def _finite(value: Any) -> bool:
    """Whether all numbers in a value of plain data are."""
    if isinstance(value, Mapping):
        return all(map(_finite, value.values()))
    if isinstance(value, list | tuple | set):
        return all(map(_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def _file_of(call: Any) -> str:
    """The file that a function or a class of the user's own is written in."""
    if hasattr(call, "__code__"):
        return str(call.__code__.co_filename)
    return str(getattr(sys.modules.get(getattr(call, "__module__", "")), "__file__", ""))


def _told(error: BaseException, source: Any) -> str:
    """An exception in a line, with the last line of the user's own source that it passed."""
    path = source if isinstance(source, str) else _file_of(source)
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    if isinstance(error, SyntaxError):
        lines = [error.lineno]
    said = error.args[0] if isinstance(error, KeyError) and error.args else error  # KeyError quotes what it is told
    words = " ".join(str(said).split())[:600]
    return f"{f'line {lines[-1]}: ' if lines else ''}{type(error).__name__}{f': {words}' if words else ''}"
