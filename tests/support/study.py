"""Whether the report of a sweep prints what a page about it states: `python -m tests.support.study SWEEP/report.html`.

Every estimate with an interval on the page ("0.087 [0.073, 0.109]", whatever its sign) has to stand in the report; so
has every other number with a decimal point, unless the page says itself where it comes from (`ELSEWHERE`).
"""

import html
import re
import sys
from pathlib import Path

from tests import ROOT

PAGE = ROOT / "analysis/gallery/study.md"
NUMBER = r"[+−]?\d+\.\d+"
ESTIMATE = re.compile(rf"({NUMBER})\s\[({NUMBER}),\s({NUMBER})\]")
ELSEWHERE = ("3.9 MB", "Version 0.2")
"""On the page, and not of the sweep: a size, a version."""

Estimate = tuple[str, str, str]


def plain(text: str) -> str:
    """What a reader sees of a page in HTML or Markdown, as words one blank apart."""
    text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", text, flags=re.S)
    return " ".join(html.unescape(text).replace("×", " ").replace("*", " ").replace("−", "-").split()).replace("-", "−")


def estimates(text: str) -> set[Estimate]:
    """Value and ends of every interval, without signs: losing 0.05 is a change of −0.05."""
    found = ESTIMATE.findall(plain(text))
    return {(bare(value), *sorted(map(bare, ends))) for value, *ends in found}  # type: ignore[misc]


def numbers(text: str) -> set[str]:
    """All numbers with a decimal point, without signs."""
    return set(map(bare, re.findall(NUMBER, plain(text))))


def missing(page: str, report: str) -> list[str]:
    """What the page states and the report does not print."""
    for words in ELSEWHERE:
        page = page.replace(words, "")
    out = [f"{value} [{', '.join(ends)}]" for value, *ends in sorted(estimates(page) - estimates(report))]
    return out + sorted(numbers(page) - numbers(report))


def bare(number: str) -> str:
    """A number without its sign."""
    return number.lstrip("+−")


if __name__ == "__main__":
    lacking = missing(PAGE.read_text(encoding="utf-8"), Path(sys.argv[1]).read_text(encoding="utf-8"))
    print("\n".join(lacking) or f"{sys.argv[1]} prints all that {PAGE.name} states")
    sys.exit(bool(lacking))
