"""A shelf of cards: as many beside each other as there is room for, all of one width, each row as high as its highest."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

NARROWEST, WIDEST, GAP = 250, 400, 16


class Shelf(QWidget):
    """Takes the width that it is given, and says what height it needs."""

    def __init__(self, cards: Sequence[QWidget]) -> None:
        super().__init__()
        self._cards = tuple(cards)
        for card in self._cards:
            card.setParent(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lays them out anew."""
        super().resizeEvent(event)
        self.setMinimumHeight(self._place(event.size().width()))

    def _place(self, room: int) -> int:
        columns = max((room + GAP) // (NARROWEST + GAP), 1)
        width = min((room + GAP) // columns - GAP, WIDEST)
        top = 0
        for first in range(0, len(self._cards), columns):
            row = self._cards[first : first + columns]
            height = max(card.heightForWidth(width) for card in row)
            for k, card in enumerate(row):
                card.setGeometry(k * (width + GAP), top, width, height)
            top += height + GAP
        return max(top - GAP, 0)
