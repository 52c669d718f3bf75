"""The palette: one field that finds every action, asset, quantity and viewpoint, and does or goes there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, QStringListModel, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from twins.asset import Twin
from ui.numbers import tag_label
from ui.selection import Selection
from ui.theme import SECONDARY, Theme, font
from ui.words import begin

SHOWN, WIDTH, ROW_HEIGHT, MOST_BY_LETTERS, NOT_BEGUN = 12, 560, 30, 20_000, 1_000
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to do or to go to; `detail` stands muted beside the title, `keys` at the right."""

    title: str
    detail: str
    run: Callable[[], object]
    keys: str = ""
    said: str = field(init=False)  # what is searched

    def __post_init__(self) -> None:
        object.__setattr__(self, "said", f"{self.title} {self.detail}".lower())


def twin_entries(twin: Twin, selection: Selection) -> list[Entry]:
    """Every asset (flies there) and every tag (selects it)."""
    entries = [
        Entry(asset.name, path if path and path != asset.name else "asset", lambda path=path: selection.visit(path))
        for path, asset in twin.assets.items()
    ]
    for path, tag in twin.tags.items():
        entries.append(Entry(tag_label(tag), path, lambda path=path, asset=tag.asset: selection.choose(asset, path)))
    return entries


def found(text: str, entries: Sequence[Entry], most: int = SHOWN) -> list[Entry]:
    """The entries that fit best: all words typed, else their letters in order. Titles whose words begin like those typed come
    first, then earlier, shorter and whole words."""
    words = text.lower().split()
    if not words:
        return list(entries[:most])
    fitting: Sequence[Entry] = entries
    for word in words:  # the cheapest test first: there may be a quarter of a million
        fitting = [entry for entry in fitting if word in entry.said]
    best = _ranked(lambda entry: _by_words(words, entry), fitting)
    if len(best) < most and len(entries) <= MOST_BY_LETTERS:
        rest = [entry for entry in entries if entry not in best]
        best += _ranked(lambda entry: _by_letters("".join(words), entry.said), rest)
    return best[:most]


def _ranked(score: Callable[[Entry], int | None], entries: Iterable[Entry]) -> list[Entry]:
    """Those with a score, the lowest first, then in their order."""
    scored = ((score(entry), entry) for entry in entries)
    return [entry for _, entry in sorted(((s, e) for s, e in scored if s is not None), key=lambda hit: hit[0])]


def _by_words(words: list[str], entry: Entry) -> int | None:
    """Lower is better; None where a word is missing."""
    text = entry.said
    score = len(text) + (0 if begin(words, entry.title) else NOT_BEGUN)
    for word in words:
        place = text.find(word)
        if place < 0:
            return None
        score += place * 2 if place == 0 or not text[place - 1].isalnum() else place * 2 + 40
    return score


def _by_letters(letters: str, text: str) -> int | None:
    """All letters in their order, the closer together the better."""
    place, gaps = -1, 0
    for letter in letters:
        there = text.find(letter, place + 1)
        if there < 0:
            return None
        gaps += there - place - 1
        place = there
    return 1000 + gaps * 4 + len(text)


class _Rows(QStyledItemDelegate):
    """Title, muted detail, keys at the right."""

    def __init__(self, theme: Theme, entries: Callable[[], Sequence[Entry]]) -> None:
        super().__init__()
        self._theme, self._entries = theme, entries

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry, tokens, box = self._entries()[index.row()], self._theme.tokens, option.rect.adjusted(14, 0, -14, 0)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        muted = tokens.text if chosen else tokens.muted
        if chosen:
            painter.fillRect(option.rect, QColor(tokens.selected))
        keys = self._say(painter, box, entry.keys, muted, SECONDARY, right=True)
        box.setRight(box.right() - keys - 12)
        title = self._say(painter, box, entry.title, tokens.text)
        box.setLeft(box.left() + title + 12)
        self._say(painter, box, entry.detail, muted, SECONDARY)

    def _say(self, painter: QPainter, box: QRect, text: str, colour: str, size: float | None = None, right: bool = False) -> int:
        painter.setFont(font(size) if size else font())
        painter.setPen(QColor(colour))
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        fitting = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, max(box.width(), 0))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | side, fitting)
        return painter.fontMetrics().horizontalAdvance(fitting)


class Palette(QDialog):
    """Opens over the window; Enter runs the chosen entry, Escape or a click elsewhere closes."""

    def __init__(self, theme: Theme, parent: QWidget, entries: Callable[[], Sequence[Entry]]) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("palette")
        self._all = entries
        self._entries: Sequence[Entry] = ()
        self.shown: list[Entry] = []
        self._model = QStringListModel(self)
        self.field = QLineEdit(placeholderText="Do anything, find anything…")
        self._list = QListView(uniformItemSizes=True)
        self._list.setModel(self._model)
        self._list.setItemDelegate(_Rows(theme, lambda: self.shown))
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(1, 8, 1, 6)
        inset = QVBoxLayout()
        inset.setContentsMargins(9, 0, 9, 8)
        inset.addWidget(self.field)
        column.addLayout(inset)
        column.addWidget(self._list)
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self._list.clicked.connect(lambda index: self._run(index.row()))

    def open_over(self) -> None:
        """Shows it at the top of the window, empty."""
        self._entries = tuple(self._all())
        self.field.clear()
        self._search("")
        window = self.parentWidget()
        width = min(WIDTH, window.width() - 40)
        self.setFixedWidth(width)
        self.adjustSize()
        self.move(window.mapToGlobal(QPoint((window.width() - width) // 2, 56)))
        self.show()
        self.field.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up, down and Enter in the field work the list."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent) or not self.shown:
            return super().eventFilter(watched, event)
        row, step = self._list.currentIndex().row(), {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step is not None:
            self._list.setCurrentIndex(self._model.index((row + step) % len(self.shown)))
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(row)
            return True
        return super().eventFilter(watched, event)

    def _search(self, text: str) -> None:
        self.shown = found(text, self._entries)
        self._model.setStringList([entry.title for entry in self.shown] or [])
        self._list.setFixedHeight(ROW_HEIGHT * max(len(self.shown), 1))
        self._list.setCurrentIndex(self._model.index(0))
        self.adjustSize()

    def _run(self, row: int) -> None:
        if 0 <= row < len(self.shown):
            self.hide()
            self.shown[row].run()
