"""The crumbs: the way down to the twin that one is in, each step of it a button that leads back there."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from twins.asset import Twin
from ui.theme import font

MOST_LETTERS, FEW_LETTERS = 22, 11


class Crumbs(QWidget):
    """Hidden while one is in the whole."""

    asked = Signal(str)  # a twin's path

    def __init__(self, twin: Twin) -> None:
        super().__init__()
        self._twin = twin
        self._row = QHBoxLayout(self, spacing=0)
        self._row.setContentsMargins(0, 0, 0, 0)
        self.hide()

    def show_trail(self, trail: tuple[str, ...]) -> None:
        """From the whole to where one is."""
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for path in trail:
            if path:
                mark = QLabel("›")
                mark.setProperty("muted", True)
                self._row.addWidget(mark)
            self._row.addWidget(self._step(path, path == trail[-1], MOST_LETTERS if len(trail) < 3 else FEW_LETTERS))
        self._row.addStretch(1)
        self.setVisible(len(trail) > 1)

    def _step(self, path: str, last: bool, most: int) -> QToolButton:
        name = self._twin.assets[path].name
        short = name if len(name) <= most else f"{name[: most // 2]}…{name[-most // 2 + 1 :]}"
        button = QToolButton(text=short, toolTip=name if last else f"Out to {name} (Backspace: one out)")
        button.setFont(font(weight=QFont.Weight.DemiBold if last else QFont.Weight.Normal))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _=False: self.asked.emit(path))
        return button
