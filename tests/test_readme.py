"""Every snippet of the README and of the documentation, in the order of each page, on networks of seconds.

The README and each page of `docs/start` begin in an empty folder, each page of `docs/guides` in one where the README's
runs lie. A block that begins with the name of a file, as in `# my_measure.py`, is that file. What is changed for that,
and nothing else: `SMALLER` gives commands keys that make them small, a tiny sweep stands for the one that comes along,
and Python's `evolve` gets the same keys. What needs a cluster, long, or somebody to end it, is
parsed by the real parser instead of run; commands of others (pip, ray, sbatch, kubectl) are passed over.
"""

import argparse
import contextlib
import io
import re
import shlex
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from matplotlib import pyplot

from alife import studies
from alife.cli import main
from alife.configuration.keys import RunConfig
from alife.configuration.parsing import flatten, merge, nest
from populations.engine import evolve as evolution

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
START = sorted((ROOT / "docs" / "start").glob("*.md"))
GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))
PAGES = [README, *sorted((ROOT / "docs").glob("*/*.md"))]

KEYS: dict[str, Any] = {
    "task": "glyphs",
    "quine.hidden": 14,
    "quine.coordinate_units": 6,
    "life.steps": 3,
    "life.coordinates": 16,
    "life.images": 16,
    "population.islands": 2,
    "population.size": 4,
    "checkpoint.every": 30,
}
"""Of a run whose generation takes milliseconds."""

FLAGS = [word for key, value in KEYS.items() for word in (f"--{key}", str(value))]
QUICK = ["--backend", "local", "--no-figures"]
SMALLER = {
    "run": [*FLAGS, *QUICK],
    "resume": QUICK,
    "fork": QUICK,
    "assay": ["--no-figures", "--sample", "4"],
    "sweep": ["--config", "tiny.yaml", "--backend", "local"],
}
"""Command → what is put behind it; a flag that is given twice counts the last time."""

TOY = ["--generations", "3", *QUICK]
SWEEP = {
    "base": nest(KEYS | {"generations": 2}),
    "treatments": {"w1": {"selection.accuracy_weight": 1}, "shuffled": {"selection.scheme": "shuffled"}},
    "seeds": 3,
    "quick": {"seeds": 2},
}

EVOLVE, SWEEPS = evolution.evolve, studies.sweep

PARSED = re.compile(r"--ray\.address|s3://|^alife (paper|bench|serve) ")
"""Commands that are only parsed: on clusters, minutes long, or until somebody ends them."""


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """(language, text) of each block of code, in order."""
    for found in re.finditer(r"^```(\w+)\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S):
        yield found[1], found[2]


def prose(pages: Iterable[Path]) -> str:
    """What stands outside of blocks."""
    return "\n".join(re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S) for page in pages)


def commands(text: str) -> Iterator[str]:
    """Each call of `alife` in lines of a shell, also those that are handed to others in quotes, without comments."""
    for line in text.splitlines():
        for found in re.finditer(r"(?:^|[\s'/])(alife [a-z-](?:'{[^']*'|[^'&|#])*)", re.sub(r"\s#.*", "", line)):
            yield found[1].strip()


def parse(words: list[str]) -> argparse.Namespace:
    """What the real parser makes of a call; it exits where a command, a flag or a choice is none."""
    arguments, unknown = main._parser().parse_known_args(words)
    assert not unknown, f"alife {shlex.join(words)}: unknown {unknown}"
    return arguments


def run(command: str) -> str:
    """Run a call of `alife` here; what it printed."""
    words = shlex.split(command)[1:]
    target = words[words.index(">") + 1] if ">" in words else ""
    words = words[: words.index(">")] if target else words
    name = words[0]
    more = TOY if "--toy" in words else [] if "--print-config" in words else SMALLER.get(name, [])
    if "--print-config" in words:
        more = FLAGS
    if "--config" in words and name == "run":
        more = QUICK
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = main.main([*words, *more])
    assert code == 0, f"{command}: ended with {code}"
    if target:
        Path(target).write_text(said.getvalue(), encoding="utf-8")
    return said.getvalue()


def follow(page: Path) -> set[str]:
    """Do what a page says, here: its Python in one namespace, its calls of `alife`. Returns the commands that ran."""
    names: dict[str, Any] = {}
    ran = set()
    for language, text in blocks(page):
        file = re.match(r"# ([\w.]+\.(?:py|yaml))\n", text)
        if file:
            Path(file[1]).write_text(text, encoding="utf-8")
        elif language == "python":
            exec(compile(text, str(page), "exec"), names)
        for command in commands(text) if language == "bash" else ():
            if not PARSED.search(command):
                run(command)
                ran.add(command.split()[1])
    return ran


def evolve_small(config: Any, out: str, **how: Any) -> str:
    """`evolve` with `KEYS`, as Python of a page calls it."""
    if isinstance(config, RunConfig):
        return EVOLVE(config, out, **how)
    keys = smaller(config)
    if how.get("task") is not None:
        del keys["task"]
    return EVOLVE(keys, out, **{"backend": "local", **how})


class EvolutionSmall(evolution.Evolution):
    """`Evolution` with `KEYS`, as Python of a page makes it."""

    def __init__(self, config: Any, out: str, **how: Any):
        small = smaller(config) if isinstance(config, dict) else config
        if how.get("task") is not None and isinstance(small, dict):
            del small["task"]
        super().__init__(small, out, **{"backend": "local", **how})


def sweep_small(plan: dict[str, Any], out: str, **how: Any) -> Any:
    """`sweep` with `KEYS`, as Python of a page calls it."""
    return SWEEPS({**plan, "base": smaller(plan.get("base", {}))}, out, **{"backend": "local", **how})


def smaller(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration under `KEYS`, except for when it keeps its newborns."""
    keys = {key: value for key, value in KEYS.items() if not key.startswith("checkpoint.")}
    return merge(nest(flatten(config, "a page")), nest(keys))


@contextlib.contextmanager
def small(folder: Path) -> Iterator[None]:
    """In `folder`, Python's runs are small, and figures are closed in the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(evolution, "evolve", evolve_small)
        patch.setattr(evolution, "Evolution", EvolutionSmall)
        patch.setattr(studies, "sweep", sweep_small)
        if not Path("examples").exists():
            Path("examples").symlink_to(ROOT / "examples")
        Path("tiny.yaml").write_text(yaml.safe_dump(SWEEP), encoding="utf-8")
        yield
        pyplot.close("all")


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """A folder in which the README was followed, and the commands that ran."""
    folder = tmp_path_factory.mktemp("readme")
    with small(folder):
        return folder, follow(README)


def test_the_readme_is_short() -> None:
    assert README.stat().st_size <= 9 * 1024


def test_every_snippet_of_the_readme_works_after_those_before_it(followed: tuple[Path, set[str]]) -> None:
    folder, ran = followed
    assert {"run", "show", "plot", "report", "resume", "sweep", "compare"} <= ran
    assert (folder / "runs" / "python").is_dir()
    assert (folder / "runs" / "first" / "report.html").stat().st_size > 10_000


@pytest.mark.parametrize("page", START, ids=lambda page: page.stem)
def test_every_snippet_of_a_first_page_works(page: Path, tmp_path: Path) -> None:
    with small(tmp_path):
        follow(page)


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_every_snippet_of_a_guide_works_after_the_readme(
    page: Path, followed: tuple[Path, set[str]], tmp_path: Path
) -> None:
    folder = shutil.copytree(followed[0], tmp_path / "guide")
    with small(folder):
        follow(page)


def test_the_guides_show_what_else_there_is() -> None:
    named = {call.split()[1] for page in GUIDES for _, text in blocks(page) for call in commands(text)}
    assert {"fork", "assay", "export", "deploy", "sweep", "compare"} <= named


def test_every_call_in_a_block_is_one() -> None:
    texts = (text for page in PAGES for language, text in blocks(page) if language == "bash")
    found = [command for text in texts for command in commands(text)]
    assert len(found) > 40
    for command in found:
        parse(shlex.split(command.partition(" > ")[0])[1:])


def test_every_call_in_the_text_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Of alternatives the first is taken; what is left open is left out, and may be something that is required."""
    calls = [" ".join(call.split()) for call in re.findall(r"`(alife [^`]+)`", prose(PAGES))]
    assert len(calls) > 20
    for call in calls:
        words = re.sub(r" \[[^\]]*\]| …|COMMAND ", "", re.sub(r"\|[\w.|-]+", "", call)).split()[1:]
        if "--help" not in words:
            with contextlib.suppress(SystemExit):
                parse(words)
    wrong = capsys.readouterr().err.splitlines()
    assert [line for line in wrong if "arguments are required" not in line] == []


def test_flags_in_the_text_are_flags_of_a_command() -> None:
    known = set()
    for action in main._parser()._actions:
        known |= set(action.option_strings)
        for command in getattr(action, "choices", None) or {}:
            known |= {flag for a in action.choices[command]._actions for flag in a.option_strings}
    named = {flag for code in re.findall(r"`(--[^`]+)`", prose(PAGES)) for flag in re.findall(r"--[a-z][\w.-]*", code)}
    assert "--resume" in named
    assert named <= known


def test_files_and_links_that_pages_name_are_there() -> None:
    """Relative links to files, and source files that are named by their path."""
    missing = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    missing += [
        f"{page.relative_to(ROOT)}: {path}"
        for page in [*PAGES, ROOT / "CONTRIBUTING.md"]
        for path in re.findall(
            r"`((?:alife|populations|analysis|tests|docs)/[\w/.-]*)`", page.read_text(encoding="utf-8")
        )
        if not (ROOT / path).exists()
    ]
    assert missing == []
