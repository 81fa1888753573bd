"""Numbers in words.

Call `count`, `duration`, `briefly`, `hours`, `size`, `pixels`, `images` or `answers` wherever a number stands in a
sentence.
"""

from collections.abc import Sequence


def count(n: float, noun: str, plural: str = "") -> str:
    """As "1 run", "2 runs", "0.5 CPUs" or "1,200 genomes"; `plural` where it is not the noun with an s."""
    number = f"{int(n):,}" if n == int(n) else f"{n:g}"
    return f"{number} {noun if n == 1 else plural or f'{noun}s'}"


def duration(seconds: float) -> str:
    """As "2 h 05 min", "3 min 20 s" or "7 s"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def briefly(seconds: float) -> str:
    """As `duration`, and what is less than ten seconds with two figures, as "0.31 s"."""
    return duration(seconds) if seconds >= 9.95 else f"{seconds:.2g} s"


def hours(seconds: float, of: str = "core") -> str:
    """As "1,200 core-hours", "2.5 GPU-hours" or "0.031 core-hours"."""
    n = seconds / 3600
    number = f"{n:,.0f}" if n >= 9.95 else f"{n:.1f}" if n >= 0.95 else f"{n:.2g}"
    return f"{number} {of}-hours"


def size(count: int) -> str:
    """Bytes, as "3 MB" or "1.5 GB"."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{max(1, round(count / 1e6))} MB"


def pixels(shape: Sequence[int]) -> str:
    """Of an image, as "28 × 28 pixels" or "32 × 32 pixels in 3 channels"."""
    channels = f" in {count(shape[2], 'channel')}" if len(shape) == 3 else ""
    return f"{' × '.join(map(str, shape[:2]))} pixels{channels}"


def answers(n: int, kind: str | None = None) -> str:
    """What a task asks for, as "10 classes", or of a regression "1 output" or "2 outputs"."""
    return count(n, "output") if kind == "regression" else f"{n} classes"


def images(n: int, shape: Sequence[int], dtype: str = "uint8") -> str:
    """As "60 images of 28 × 28 pixels" or "60 float32 images of 32 × 32 pixels in 3 channels"."""
    return f"{count(n, 'image' if dtype == 'uint8' else f'{dtype} image')} of {pixels(shape)}"
