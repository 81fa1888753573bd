"""Objects of one's own: found by their names, told apart by their source, and each mistake is one line."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alife import plugins
from alife.configuration.keys import parse_config
from alife.configuration.schemes import SCHEMES
from alife.errors import UserError
from tests import ROOT

TAKES = ("columns", "living")
FINE = "def fewest(columns, living):\n    return living * 1.0\n"


def found(source: str, folder: Path, what: str = "fewest", **given: object) -> plugins.Found:
    path = folder / "own.py"
    path.write_text(source)
    return plugins.find("selection.scheme", f"{path}:{what}", given, TAKES, again=True)


def model(body: str) -> str:
    """A scheme whose parameters have these fields, and that gives them back."""
    return f"import pydantic\nclass P(pydantic.BaseModel):\n    {body}\ndef fewest(columns, living, p: P): return p\n"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1", "there is no 'fewest' in"),
        ("def other(a, b): ...", "its own functions and classes: other"),
        ("fewest = 3", "is a int, and a function of (columns, living) is expected"),
        ("def fewest(columns): ...", "takes 1 arguments: a function of (columns, living)"),
        ("def fewest(a, b, c, d): ...", "takes 4 arguments"),
        ("def fewest(*, columns, living): ...", "asks for 'columns', which nobody gives"),
        ("def fewest(a, b, c): ...", "annotate 'c' with a pydantic model"),
        ("def fewest(a, b, c: int): ...", "annotate 'c' with a pydantic model"),
        ("def fewest(a, b, c: 'Nowhere'): ...", "the annotation of 'c' cannot be read: NameError"),
        ("def fewest(", "cannot be imported: line 1: SyntaxError"),
        (
            "import no_such_library",
            "cannot be imported: line 1: ModuleNotFoundError: No module named 'no_such_library'",
        ),
        ("\n1 / 0", "cannot be imported: line 2: ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "cannot be imported: line 1: SystemExit: 3"),
        ("\0", "cannot be imported: "),
    ],
)
def test_what_cannot_be_used_is_said_in_a_line_that_names_it(source: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        found(source, tmp_path)
    assert str(error.value).startswith(f"selection.scheme: {tmp_path}/own.py:fewest: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("source", "given", "said"),
    [
        (FINE, {"size": 3}, "takes no parameters, and size is given"),
        (model("size: int = 3"), {"seize": 3}, "has no parameter seize; it has size"),
        (model("size: int = 3"), {"size": "three"}, "size: input should be a valid integer"),
        (model("size: int"), {}, "size: field required"),
        (model('size: float = float("inf")'), {}, "size: is inf, which cannot go on record"),
        (model("sizes: list[float] = []"), {"sizes": [1, float("nan")]}, r"sizes: is \[1.0, nan\], which cannot go on"),
    ],
)
def test_wrong_parameters_are_said_in_a_line(source: str, given: dict[str, object], said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        found(source, tmp_path, **given)


def test_parameters_are_those_of_its_own_model_with_its_defaults(tmp_path: Path) -> None:
    scheme = found(model("size: int = 3\n    share: float = 0.5"), tmp_path, share=0.25)
    assert scheme.on_record()["parameters"] == {"size": 3, "share": 0.25}
    assert scheme(None, None).share == 0.25


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere.py:x", "no such file or directory"),
        (".py:x", "no such file or directory"),
        ("no_such_module:x", "cannot be imported: ModuleNotFoundError"),
        ("sys:exit", "has no source file"),
        ("json:dumpz", "there is no 'dumpz' in json"),
    ],
)
def test_what_is_not_there_is_said_in_a_line(name: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=said):
        plugins.find("selection.scheme", plugins.located(name), {}, TAKES)


def test_a_folder_and_a_huge_file_are_no_source(tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(UserError, match="is a directory"):
        plugins.find("selection.scheme", f"{tmp_path}/folder.py:x", {}, TAKES)
    with pytest.raises(UserError, match="too large to be a source file"):
        found("#" * (plugins.LARGEST + 1), tmp_path)


@pytest.mark.parametrize("name", ["turnament", "my.py", "my.py:", ":x", "a b:c", "my.py:a.b", "my.py:1", "x:y:z", ""])
def test_a_word_that_is_no_name_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(UserError, match=f"name {', '.join(SCHEMES)}, or an object of your own"):
        parse_config({"selection.scheme": name})


@given(st.text(max_size=30))
def test_any_text_is_a_name_or_refused_in_a_line(name: str) -> None:
    try:
        scheme = parse_config({"selection.scheme": name}).selection.scheme
    except UserError as error:
        said = str(error)
    else:
        said = ""
        assert plugins.is_own(scheme) or scheme in SCHEMES
        assert parse_config({"selection.scheme": scheme}).selection.scheme == scheme
    assert "\n" not in said


def test_a_function_is_named_by_where_it_lies(tmp_path: Path) -> None:
    assert parse_config({"selection.scheme": model}).selection.scheme == f"{__name__}:model"
    again = found(FINE, tmp_path)
    assert plugins.name_of(again.call) == again.name
    with pytest.raises(UserError, match="without a name of its own"):
        parse_config({"selection.scheme": lambda columns, living: living})


def test_a_file_is_named_from_wherever_one_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    assert parse_config({"selection.scheme": "my.py:x"}).selection.scheme == f"{tmp_path}/my.py:x"
    assert parse_config({"selection.scheme": "~/my.py:x"}).selection.scheme == "/home/me/my.py:x"
    assert parse_config({"selection.scheme": "json:dumps"}).selection.scheme == "json:dumps"


def test_a_file_is_the_one_that_was_brought_and_not_the_one_that_lies_here(tmp_path: Path) -> None:
    here = found(FINE, tmp_path)
    (tmp_path / "own.py").write_text("def fewest(columns, living): return 'another'")
    assert plugins.find(here.key, here.name, {}, TAKES).sha256 == here.sha256
    script = (
        "import pickle, sys; from alife import plugins; plugins.bring(pickle.load(sys.stdin.buffer));"
        f"print(plugins.find('selection.scheme', {here.name!r}, {{}}, {TAKES!r}).sha256)"
    )
    carried = pickle.dumps(plugins.carried())
    there = subprocess.run([sys.executable, "-c", script], input=carried, capture_output=True, cwd=ROOT, check=True)
    assert there.stdout.decode().strip() == here.sha256
    changed = plugins.find(here.key, here.name, {}, TAKES, again=True)
    with pytest.raises(UserError, match=r"its source was \w{12}… \(SHA-256\) and is \w{12}… now: restore it"):
        plugins.check(changed, here.on_record(), allowed=False)
    assert plugins.check(changed, here.on_record(), allowed=True).startswith("changed: selection.scheme: ")
    assert plugins.check(here, here.on_record(), allowed=False) == ""
    assert plugins.check(here, None, allowed=False) == ""


def test_entry_points_are_offered_by_installed_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[alife.schemes]\nranking = theirs.schemes:ranking\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert plugins.installed("alife.schemes") == {"ranking": "theirs.schemes:ranking"}
    assert parse_config({"selection.scheme": "ranking"}).selection.scheme == "theirs.schemes:ranking"


def test_what_fails_names_its_line_and_where(tmp_path: Path) -> None:
    scheme = found("def fewest(columns, living):\n    a = 1\n    return columns['nope']\n", tmp_path)
    with pytest.raises(UserError) as error:
        scheme({}, None, where="in generation 3 on island 0")
    assert (
        str(error.value)
        == f"{scheme.key}: {scheme.name}: it failed in generation 3 on island 0: line 3: KeyError: nope"
        "; mend it, and 'alife resume RUN --allow-changed' goes on"
    )
