"""Templates hold the English; data in them stays data."""

import jinja2
import pytest

from analysis import templates


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {
        "a.txt.j2": "{{ note }}{{ who }}: one\nand the same.\n\n\n{{ who }}\n\n{% if no %}never{% endif %}\n\n"
        "{{ statement }}{{ 0.5|number }} of {{ 2|count('run') }}",
        "a.html.j2": "<p>{{ who }}</p>",
    }
    made = templates._environment().overlay(loader=jinja2.DictLoader(pages))
    monkeypatch.setattr(templates, "_environment", lambda: made)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("who", ["a", "a\n\nb", "\x0enote\x0fb", "<b>"])
def test_a_value_makes_no_paragraph_and_no_look(who: str) -> None:
    found = templates.paragraphs("a", who=who, no=False)
    assert [look for look, _ in found] == ["note", "", "statement"]
    assert found[0][1].endswith(": one and the same.")
    assert found[2][1] == "0.500 of 2 runs"


@pytest.mark.usefixtures("environment")
def test_pages_are_escaped_and_what_is_missing_is_an_error() -> None:
    assert templates.render("a.html", who="<b>") == "<p>&lt;b&gt;</p>"
    with pytest.raises(jinja2.UndefinedError):
        templates.paragraphs("a")
