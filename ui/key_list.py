"""The list of keys: every action with what it is bound to, searchable, and editable on the spot."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ui.shortcuts import Shortcuts
from ui.theme import BODY, ROW, SECONDARY, font

ID = Qt.ItemDataRole.UserRole


class KeyList(QDialog):
    """F1. The field at the bottom takes the keys of the chosen action; a conflict is named and nothing changes."""

    def __init__(self, parent: QWidget, shortcuts: Shortcuts) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.resize(640, 620)
        self._shortcuts = shortcuts
        self.search = QLineEdit(placeholderText="Find an action or a key…", clearButtonEnabled=True)
        self.list = QTreeWidget(columnCount=3, rootIsDecorated=False, uniformRowHeights=True, objectName="keylist")
        self.list.setHeaderLabels(["Action", "Keys", "Menu"])
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, 190), (2, 90)):
            self.list.header().setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.list.header().resizeSection(column, width)
        self.edit = QKeySequenceEdit()
        self.edit.setMaximumSequenceLength(1)
        self._said = QLabel(wordWrap=True, font=font(SECONDARY))
        self._buttons = [QPushButton(text) for text in ("Set", "Add as alternative", "Default")]
        self._lay_out()
        for button, act in zip(self._buttons, (self.set_keys, self.add_keys, self.restore), strict=True):
            button.setAutoDefault(False)
            button.clicked.connect(act)
        self.search.textChanged.connect(self._filter)
        self.list.currentItemChanged.connect(lambda: self._tell())
        shortcuts.changed.connect(self._fill)
        self._fill()

    def set_keys(self) -> None:
        """Binds the chosen action to what was typed, and to nothing else."""
        self._rebind([self._typed()] if self._typed() else [])

    def add_keys(self) -> None:
        """Binds the chosen action to what was typed too."""
        if self._chosen() and self._typed():
            self._rebind([*self._shortcuts.keys(self._chosen()), self._typed()])

    def restore(self) -> None:
        """The default keys of the chosen action."""
        if self._chosen():
            self._say(self._shortcuts.restore(self._chosen()))

    def _rebind(self, keys: list[str]) -> None:
        if self._chosen():
            self._say(self._shortcuts.rebind(self._chosen(), keys))

    def _say(self, sentence: str) -> None:
        self._said.setText(sentence or "Kept.")
        if not sentence:
            self.edit.clear()

    def _typed(self) -> str:
        return self.edit.keySequence().toString(QKeySequence.SequenceFormat.PortableText)

    def _chosen(self) -> str:
        item = self.list.currentItem()
        return str(item.data(0, ID)) if item else ""

    def _fill(self) -> None:
        chosen = self._chosen()
        self.list.clear()
        for action in self._shortcuts.actions:
            item = QTreeWidgetItem([action.title, self._shortcuts.shown_keys(action.id), action.group])
            item.setData(0, ID, action.id)
            item.setFont(1, font(BODY))
            item.setSizeHint(0, QSize(0, ROW))
            self.list.addTopLevelItem(item)
            if action.id == chosen:
                self.list.setCurrentItem(item)
        self._filter(self.search.text())
        self._tell()

    def _filter(self, text: str) -> None:
        words = text.lower().split()
        for row in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(row)
            said = " ".join(item.text(column) for column in range(3)).lower()
            item.setHidden(not all(word in said for word in words))

    def _tell(self) -> None:
        for button in self._buttons:
            button.setEnabled(bool(self._chosen()))
        clash = self._shortcuts.conflicts()
        words = [f"{key} is claimed by {' and '.join(f'“{title}”' for title in titles)}." for key, titles in clash.items()]
        words += ["Choose an action, click into the field, press the key it shall have. Keys go by the character they produce."]
        self._said.setText(words[0])

    def _lay_out(self) -> None:
        column = QVBoxLayout(self, spacing=8)
        column.setContentsMargins(12, 12, 12, 12)
        row = QHBoxLayout(spacing=8)
        row.addWidget(self.edit, 1)
        for button in self._buttons:
            row.addWidget(button)
        for widget in (self.search, self.list):
            column.addWidget(widget)
        column.addLayout(row)
        column.addWidget(self._said)
