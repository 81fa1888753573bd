"""Pages that are made from the program itself, so that they cannot say anything else than it does."""

from pathlib import Path

from alife.config import RunConfig, choices, leaves


def write(folder: Path) -> None:
    """Write them below `folder`, only where they have changed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"keys.md": _keys()}.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _keys() -> str:
    """Every configuration key: default, what is allowed, meaning; a table a section."""
    lines: list[str] = []
    section = None
    for key, default, meaning, kind in leaves():
        head = key.partition(".")[0] if "." in key else ""
        if head != section:
            section = head
            lines += ["", f"## {head or 'The run'}", "", _summary(head), "", "| key | default | meaning |", "|---|---|---|"]
        words = ", ".join(f"`{word}`" for word in choices(kind))
        lines.append(f"| `{key}` | `{_shown(default)}` | {meaning}{' ' if meaning and words else ''}{words} |".replace("|H|", "H"))
    return "\n".join(lines).lstrip() + "\n"


def _summary(section: str) -> str:
    field = RunConfig.model_fields.get(section)
    return (field.annotation.__doc__ or "") if field and field.annotation else ""


def _shown(default: object) -> str:
    if isinstance(default, tuple):
        return f"[{', '.join(map(str, default))}]"
    return "null" if default is None else str(default)
