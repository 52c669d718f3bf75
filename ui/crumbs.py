"""The crumbs: the way down to the twin that one is in, each step of it a button that leads back there."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLayout, QToolButton, QWidget

from twins.asset import Twin
from ui.theme import font

LEAST = 48  # px; no name is made shorter


class Crumbs(QWidget):
    """Hidden while one is in the whole. Names are whole as long as there is room; else the longest are elided."""

    asked = Signal(str)  # a twin's path

    def __init__(self, twin: Twin) -> None:
        super().__init__()
        self._twin = twin
        self._row = QHBoxLayout(self, spacing=0)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._steps: dict[QToolButton, str] = {}  # each with its whole name
        self.hide()

    def minimumSizeHint(self) -> QSize:
        """Long names don't widen the panel."""
        return QSize(LEAST, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fits the names anew."""
        super().resizeEvent(event)
        self._fit()

    def show_trail(self, trail: tuple[str, ...]) -> None:
        """From the whole to where one is."""
        self._steps.clear()
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for path in trail:
            if path:
                mark = QLabel("›")
                mark.setProperty("muted", True)
                self._row.addWidget(mark)
            self._row.addWidget(self._step(path, path == trail[-1]))
        self._row.addStretch(1)
        self.setVisible(len(trail) > 1)
        self._fit()

    def _fit(self) -> None:
        """Elides what is longest until all have room beside each other."""
        for button, name in self._steps.items():
            button.ensurePolished()
            button.setText(name)
        steps = (self._row.itemAt(k).widget() for k in range(self._row.count()))
        over = sum(step.sizeHint().width() for step in steps if step is not None) - self.width()
        whole = {button: button.fontMetrics().horizontalAdvance(name) for button, name in self._steps.items()}
        wide = dict(whole)
        while over > 0 and (longest := max(wide.values(), default=0)) > LEAST:
            for button in (button for button in wide if wide[button] == longest):
                wide[button] -= 1
                over -= 1
        for button, name in self._steps.items():
            if wide[button] < whole[button]:
                button.setText(button.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, wide[button]))

    def _step(self, path: str, last: bool) -> QToolButton:
        name = self._twin.assets[path].name
        button = QToolButton(text=name, toolTip=name if last else f"Out to {name} (Backspace: one out)")
        button.setFont(font(weight=QFont.Weight.DemiBold if last else QFont.Weight.Normal))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _=False: self.asked.emit(path))
        self._steps[button] = name
        return button
