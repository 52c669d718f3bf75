"""The links to the plant in a few words, with all their figures in a popup."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QToolButton, QToolTip

from twins.record import EventKind, Snapshot
from twins.record.snapshot import STATION
from ui.numbers import grouped

_FIGURES = (
    ("messages", "messages"),
    ("samples", "samples"),
    ("missing", "missing"),
    ("rejected", "unreadable, in quarantine"),
    ("repeated", "came twice"),
    ("dropped", "dropped"),
    ("queued", "waiting"),
    ("high_water", "most that waited"),
)


class LinkSummary(QToolButton):
    """“● mqtt up · lag 0.2 s”; hidden where no station ever spoke. A click tells everything."""

    def __init__(self) -> None:
        super().__init__(visible=False)
        self.setAccessibleName("Links to the plant")
        self.clicked.connect(self._tell)

    def show_links(self, snapshot: Snapshot) -> None:
        """As the last heartbeat told."""
        beat = snapshot.standing.get((EventKind.HEARTBEAT, STATION))
        links = beat.data.get("links") if beat is not None else None
        self.setVisible(isinstance(links, Mapping))
        if not isinstance(links, Mapping):
            return
        if snapshot.station_lost:
            self.setText("⊘ station lost")
        else:
            self.setText("   ".join(_words(name, told) for name, told in links.items()))
        pace = f"commit {beat.data.get('commit_ms', 0)} ms · turn {beat.data.get('loop_ms', 0)} ms" if beat else ""
        self.setToolTip("\n\n".join([*(_figures(name, told) for name, told in links.items()), pace]))

    def _tell(self) -> None:
        QToolTip.showText(QCursor.pos(), self.toolTip(), self)


def _words(name: str, told: Mapping[str, object]) -> str:
    if told.get("state") != "up":
        return f"⊘ {name} down: {told.get('reason', '')}"
    unreadable = int(str(told.get("rejected", 0)))
    more = f" · {grouped(unreadable, 0)} unreadable" if unreadable else ""
    return f"● {name} up · lag {_seconds(told.get('lag_ms'))} s{more}"


def _figures(name: str, told: Mapping[str, object]) -> str:
    state = str(told.get("state")) + (f": {told['reason']}" if told.get("reason") else "")
    first = (
        f"{name} {state}\nlag {_seconds(told.get('lag_ms'))} s · the plant's clock is off by {_seconds(told.get('offset_ms'))} s"
    )
    rest = [
        f"{grouped(int(str(told[key])), 0)} {words}" for key, words in _FIGURES if told.get(key) or key in ("messages", "samples")
    ]
    return first + "\n" + " · ".join(rest)


def _seconds(ms: object) -> str:
    return f"{float(ms) / 1000:.1f}" if isinstance(ms, int | float) else "?"
