"""The kernel beside its page: equations are numbered in order, and the code names each of them and no other."""

import re

from tests import ROOT

KERNEL = ROOT / "alife/organism/kernel"


def test_each_equation_of_the_page_stands_in_the_kernel():
    page = (ROOT / "docs/concepts/gradient.md").read_text("utf-8")
    numbers = re.findall(r"^\$\$ \((\w+)\)$", page, re.MULTILINE)
    assert numbers == [str(i + 1) for i in range(len(numbers))]
    code = "".join((KERNEL / name).read_text("utf-8") for name in ("gradient.py", "activation.py"))
    spans = [range(int(a), int(b or a) + 1) for a, b in re.findall(r"\((\d+)\)(?:–\((\d+)\))?", code)]
    assert {number for span in spans for number in span} == set(range(1, len(numbers) + 1))
