"""A plot: one tag over another, over the last stretch of time (a pressure–volume loop, a power curve), or a waveform."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plot:
    """`x` and `y` are paths of tags; `over` is how far back it reaches from the instant that is shown, ns. With `wave` it is
    that waveform over time, and there are no x and y."""

    name: str
    label: str
    x: str
    y: str
    over: int
    wave: str = ""
    asset: str = ""  # the twin that it is a plot of
