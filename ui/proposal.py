"""What a search found: values to fill in or to command, and which knobs matter most, as bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from ui.numbers import brief, unit_text
from ui.theme import SECONDARY, Theme, font

_ROW, _BAR = 26, 12


class Proposal(QDialog):
    """Values as they are and as they would be best. `filled` turns the knobs; `commanded` carries (commands, why)."""

    filled = Signal(object)  # knob → value
    commanded = Signal(object, str)

    def __init__(self, parent: QWidget, told: Mapping[str, Any], why_not: str) -> None:
        """`why_not` says why nothing can be commanded from here, "" where it can."""
        super().__init__(parent)
        self.setWindowTitle("Proposal")
        self._told = told
        self.why = QLineEdit(f"Best {told['label']} found", maxLength=400)
        self.fill = QPushButton("Turn the knobs to it")
        self.command = QPushButton("Command it", enabled=bool(told["commands"]) and not why_not)
        self.command.setToolTip(why_not or "Each set-point goes to the station, which judges it, sends it and reads it back")
        self.note = QLabel(why_not if told["commands"] else "None of these is a set-point that can be commanded.", wordWrap=True)
        self.note.setProperty("muted", True)
        grid = QGridLayout(horizontalSpacing=18, verticalSpacing=6)
        heading = font(SECONDARY, QFont.Weight.DemiBold)
        for k, head in enumerate(("", "As it is", "Proposed")):
            grid.addWidget(QLabel(head, font=heading), 0, k)
        rows = [*told["knobs"], *told["front"][0]["figures"]]
        for i, row in enumerate(rows, 1):
            name = row.get("knob") or row["label"]
            grid.addWidget(QLabel(name), i, 0)
            for k, value in ((1, row["as_it_is"]), (2, row["value"])):
                text = QLabel(f"{brief(value)} {unit_text(row['unit'])}".rstrip(), alignment=Qt.AlignmentFlag.AlignRight)
                text.setFont(font(weight=QFont.Weight.DemiBold) if k == 2 else font())
                grid.addWidget(text, i, k)
        deeds = QHBoxLayout(spacing=8)
        for widget in (self.fill, self.command):
            deeds.addWidget(widget)
        column = QVBoxLayout(self, spacing=12)
        column.addLayout(grid)
        column.addWidget(self.why)
        column.addWidget(self.note)
        column.addLayout(deeds)
        self.why.setAccessibleName("Reason")
        self.why.setVisible(self.command.isEnabled())
        self.note.setVisible(bool(self.note.text()))
        self.fill.clicked.connect(self._fill)
        self.command.clicked.connect(self._command)

    def _fill(self) -> None:
        self.filled.emit({row["knob"]: row["value"] for row in self._told["knobs"]})
        self.accept()

    def _command(self) -> None:
        self.commanded.emit(self._told["commands"], self.why.text().strip() or "optimised")
        self.accept()


class Influences(QDialog):
    """A bar for each knob, the most influential on top."""

    def __init__(self, parent: QWidget, theme: Theme, told: Mapping[str, Any]) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"What matters to {told['label']}")
        self.bars = Bars(theme, told["knobs"])
        said = QLabel(
            f"Share of the variance of {told['label']} by each knob over its whole range: alone (dark), and with all its "
            f"company (light); Sobol's indices from {told['runs']} runs, with their 95 % confidence.",
            wordWrap=True,
        )
        said.setProperty("muted", True)
        column = QVBoxLayout(self, spacing=10)
        column.addWidget(said)
        column.addWidget(self.bars, 1)
        self.resize(560, 120 + _ROW * len(told["knobs"]))


class Bars(QWidget):
    """Ranked horizontal bars, 0 … 1."""

    def __init__(self, theme: Theme, rows: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self._theme, self._rows = theme, rows
        self.setAccessibleName("; ".join(f"{row['knob']} {row['total']:.2f}" for row in rows))

    def sizeHint(self) -> QSize:
        """A row each."""
        return QSize(480, _ROW * len(self._rows) + 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Name, bars, whisker, number."""
        painter, tokens = QPainter(self), self._theme.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font())
        metrics = QFontMetricsF(font())
        left = max((metrics.horizontalAdvance(row["knob"]) for row in self._rows), default=0) + 12
        room = max(40.0, self.width() - left - 110)
        dark, light = QColor(tokens.accent), QColor(tokens.accent)
        light.setAlphaF(0.35)
        for i, row in enumerate(self._rows):
            y = 4 + i * _ROW
            painter.setPen(QColor(tokens.text))
            painter.drawText(
                QRectF(0, y, left - 8, _ROW), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, row["knob"]
            )
            total, alone = (min(max(float(row[key]), 0.0), 1.0) for key in ("total", "alone"))
            top = y + (_ROW - _BAR) / 2
            painter.fillRect(QRectF(left, top, total * room, _BAR), light)
            painter.fillRect(QRectF(left, top, alone * room, _BAR), dark)
            painter.setPen(QColor(tokens.muted))
            sure = min(float(row["total_sure"]), 1.0)
            x = left + total * room
            painter.drawLine(round(x - sure * room / 2), round(y + _ROW / 2), round(x + sure * room / 2), round(y + _ROW / 2))
            text = f"{float(row['total']):.2f} ± {float(row['total_sure']):.2f}"
            painter.setPen(QColor(tokens.text))
            painter.drawText(
                QRectF(self.width() - 100, y, 96, _ROW), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text
            )
