"""Judged: in words, what was expected of a tag, or how surely a parameter is known."""

from __future__ import annotations

from twins.asset import Tag
from twins.asset.estimated import EXPECTED, RESIDUAL, SPREAD
from twins.record import Snapshot
from ui.numbers import unit_text

_NINETY = 1.645


def judged_words(snapshot: Snapshot, tag: Tag) -> str:
    """“expected 58.3 ± 0.2 °C · +3.1 σ”; of a parameter “90 %: 0.95 to 1.03”; "" where nothing is known of it."""
    if tag.path.endswith(".p50"):
        low, high = (_number(snapshot, f"{tag.path.removesuffix('.p50')}.{end}") for end in ("p05", "p95"))
        return "" if low is None or high is None else f"90 %: {low:.{tag.decimals}f} to {high:.{tag.decimals}f}"
    expected, spread, off = (_number(snapshot, f"{tag.path}.{word}") for word in (EXPECTED, SPREAD, RESIDUAL))
    if expected is None or spread is None:
        return ""
    told = f"expected {expected:.{tag.decimals}f} ± {_NINETY * spread:.{tag.decimals + 1}f} {unit_text(tag.unit)}".rstrip()
    return told if off is None else f"{told} · {off:+.1f} σ".replace("-", "−")


def _number(snapshot: Snapshot, path: str) -> float | None:
    if path not in snapshot.place:
        return None
    reading = snapshot.reading(path)
    return reading.value if reading.sound and isinstance(reading.value, float) else None
