"""What must hold of the built site: `python docs/check.py docs/_build`.

Nothing is loaded from elsewhere, and every link inside leads to a file, and to an anchor, that is there.
"""

import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src"}
"""Element → the attribute whose address a browser fetches by itself."""
SHARED = ("stylesheet", "preload", "icon", "modulepreload")
"""`rel` of a link that is fetched; others are only named."""


class Page(HTMLParser):
    """Addresses that a page loads, those that it links to, and its anchors."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the element loads, links to and is called."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        fetched = tag != "link" or any(word in given.get("rel", "").split() for word in SHARED)
        if fetched and given.get(LOADED.get(tag, ""), ""):
            self.loads.append(given[LOADED[tag]])


@cache
def read(path: Path) -> Page:
    """A page, parsed once."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def problems(root: Path) -> list[str]:
    """A line for each address that is loaded from elsewhere or leads nowhere."""
    pages = [path for path in sorted(root.rglob("*.html")) if path.relative_to(root).parts[0] != "_static"]
    found = [] if pages else [f"{root}: no page in it"]
    for path in pages:
        page = read(path)
        for address in [*page.loads, *page.links]:
            wrong = _wrong(path, address, address in page.loads)
            if wrong:
                found.append(f"{path.relative_to(root)}: {address}: {wrong}")
    for sheet in sorted(root.rglob("*.css")):
        text = sheet.read_text(encoding="utf-8")
        if any(
            f"{before}{way}" in text for before in ("url(", "url('", 'url("', "@import '") for way in ("http", "//")
        ):
            found.append(f"{sheet.relative_to(root)}: loads from elsewhere")
    return found


def _wrong(path: Path, address: str, loaded: bool) -> str:
    parts = urlsplit(address)
    if parts.scheme == "data":
        return ""
    if parts.scheme or parts.netloc:
        return "loaded from elsewhere" if loaded else ""
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_file():
        return "no such file"
    fragment = unquote(parts.fragment)
    if fragment and target.suffix == ".html" and fragment not in read(target).anchors:
        return "no such anchor"
    return ""


if __name__ == "__main__":
    lines = problems(Path(sys.argv[1]))
    print("\n".join(lines) or "the site is whole")
    sys.exit(1 if lines else 0)
