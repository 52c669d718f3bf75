"""The calibration's rows: a change of version, an output's drift, and the sentence that tells the worst of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from twins.asset import Twin
from ui.calibration_plots import DriftPlot
from ui.elided import ElidedLabel
from ui.numbers import brief, tag_inside, tag_label, unit_text
from ui.selection import Selection
from ui.theme import SECONDARY, Theme, font


class Pressed(QWidget):
    """A row that does something when it is pressed, by the mouse or the keyboard."""

    def __init__(self, then: Callable[[], object]) -> None:
        super().__init__()
        self._then = then
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The mouse."""
        self._then()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return or space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._then()
        else:
            super().keyPressEvent(event)


def change_row(change: Mapping[str, Any], data: Mapping[str, Any], when: str) -> QWidget:
    """One change of the version in force; `data` are those of the version that came."""
    errors = [f"{tag} {brief(each['mae'])} {unit_text(each['unit'])}".rstrip() for tag, each in data.get("errors", {}).items()]
    first = f"<b>{change['before']} → {change['after']}</b> {change['change']} by {_plain(change['by'])}"
    label = QLabel(f"{first} · {when}<br>{_plain(change['why'])}", wordWrap=True)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setFont(font(SECONDARY))
    label.setToolTip("\n".join(["error when approved:", *errors[:12]]) if errors else "")
    return label


def drift_row(each: Mapping[str, Any], twin: Twin, theme: Theme, selection: Selection) -> QWidget:
    """How far one output is off, now and over the days."""
    tag = twin.tags.get(each["tag"])
    name = ElidedLabel(f"{each['asset']} {tag_label(tag) if tag else each['tag']}")
    now = QLabel(_share(each["now"], each))
    now.setFont(font(weight=QFont.Weight.DemiBold if each["drifted"] else QFont.Weight.Normal))
    before = QLabel("" if each["approved"] is None else f"was {_share(each['approved'], each)}", font=font(SECONDARY))
    before.setProperty("muted", True)
    row = Pressed(lambda: selection.choose(each["asset"], each["tag"]))
    row.setToolTip("Selects it; the trends show it with what was expected")
    lines = QGridLayout(row, horizontalSpacing=8, verticalSpacing=0)
    lines.setContentsMargins(0, 2, 0, 2)
    lines.setColumnStretch(0, 1)
    lines.addWidget(name, 0, 0)
    lines.addWidget(now, 0, 1, Qt.AlignmentFlag.AlignRight)
    lines.addWidget(DriftPlot(theme, each["course"], each["approved"]), 1, 0)
    lines.addWidget(before, 1, 1, Qt.AlignmentFlag.AlignRight)
    return row


def urgency(each: Mapping[str, Any]) -> tuple[bool, float]:
    """By which outputs are sorted: what has drifted first, then what is off the most."""
    return not each["drifted"], -_growth(each) if each["drifted"] else -_part(each)


def drift_sentence(told: Mapping[str, Any], twin: Twin) -> str:
    """“The model of T01 has drifted: power is off by 3.1 % of its range, by 1.5 % when approved; calibrate again”, or ""."""
    worst = max((each for each in told["outputs"] if each["drifted"]), key=_growth, default=None)
    if worst is None:
        return ""
    asset, tag = twin.assets.get(worst["asset"]), twin.tags.get(worst["tag"])
    others = len({each["asset"] for each in told["outputs"] if each["drifted"]}) - 1
    more = f" (and of {others} other{'s' if others > 1 else ''})" if others else ""
    name = tag_inside(tag) if tag else worst["tag"]
    whose = f"{asset.name if asset else worst['asset']}{more}"
    now, approved = _share(worst["now"], worst), _share(worst["approved"], worst)
    return f"The model of {whose} has drifted: {name} is off by {now}, by {approved} when it was approved; calibrate again."


def _share(error: float, each: Mapping[str, Any]) -> str:
    return (
        f"{error / each['span']:.1%}".replace("%", " %") if each["span"] else f"{brief(error)} {unit_text(each['unit'])}".rstrip()
    )


def _growth(each: Mapping[str, Any]) -> float:
    """How many times as far off as when approved."""
    return float(each["now"]) / float(each["approved"]) if each["approved"] else 0.0


def _part(each: Mapping[str, Any]) -> float:
    """How far off, as a share of its range."""
    return float(each["now"]) / float(each["span"]) if each["span"] else 0.0


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
