"""The views: saved viewpoints, each with its picture; a click flies there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, QStringListModel, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QListView,
    QMenu,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from twins.asset import Viewpoint
from twins.historian.query import Answers, Query
from twins.record import Snapshot
from ui.theme import Theme, font

PICTURE = QSize(320, 180)  # what is asked of the scene; shown scaled to the panel's width
Index = QModelIndex | QPersistentModelIndex


class _Cards(QStyledItemDelegate):
    """A picture with its name below."""

    def __init__(self, theme: Theme, view: QListView, pictures: dict[str, QImage]) -> None:
        super().__init__(view)
        self._theme, self._view, self._pictures = theme, view, pictures

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        width = max(self._view.viewport().width(), 80)
        return QSize(width, round((width - 20) * 9 / 16) + 34)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens, name = self._theme.tokens, str(index.data())
        box = QRect(option.rect).adjusted(10, 4, -10, -30)
        chosen = option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        outline = QPainterPath()
        outline.addRoundedRect(box, 3, 3)
        painter.setClipPath(outline)
        painter.fillRect(box, QColor(tokens.ground))
        picture = self._pictures.get(name)
        if picture is not None:
            painter.drawImage(box, picture)
        painter.setClipping(False)
        painter.setPen(QPen(QColor(tokens.accent if chosen else tokens.line), 1))
        painter.drawPath(outline)
        painter.setFont(font())
        painter.setPen(QColor(tokens.text))
        below = QRect(box.left(), box.bottom() + 4, box.width(), 22)
        fitting = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, below.width())
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, fitting)
        painter.restore()


class Views(QWidget):
    """Emits what is asked for; whoever holds the scene flies, takes pictures and shows them here."""

    chosen = Signal(object)  # a Viewpoint
    save_asked = Signal(str)  # the present camera, under this name
    forget_asked = Signal(str)

    def __init__(self, theme: Theme, fixed: Sequence[Viewpoint], own: Sequence[Viewpoint] = ()) -> None:
        super().__init__()
        self._fixed = tuple(fixed)
        self.viewpoints: tuple[Viewpoint, ...] = ()
        self._pictures: dict[str, QImage] = {}
        self._model = QStringListModel(self)
        self.list = QListView(mouseTracking=True, resizeMode=QListView.ResizeMode.Adjust)
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Cards(theme, self.list, self._pictures))
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._menu)
        self.list.clicked.connect(self._choose)
        self.list.activated.connect(self._choose)
        save = QPushButton("Save this view…")
        save.clicked.connect(self.ask_name)
        row = QHBoxLayout()
        row.setContentsMargins(10, 0, 10, 4)
        row.addWidget(save)
        column = QVBoxLayout(self, spacing=6)
        column.setContentsMargins(0, 8, 0, 0)
        column.addLayout(row)
        column.addWidget(self.list)
        theme.changed.connect(self.list.viewport().update)
        self.show_own(own)

    def wanted(self) -> Query:
        """Nothing."""
        return Query()

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """Viewpoints don't change with time."""

    def show_own(self, own: Sequence[Viewpoint]) -> None:
        """The twin's own viewpoints, then the user's."""
        self.viewpoints = (*self._fixed, *own)
        self._model.setStringList([viewpoint.name for viewpoint in self.viewpoints])

    def show_picture(self, name: str, picture: QImage) -> None:
        """What is seen from one viewpoint."""
        self._pictures[name] = picture
        self.list.viewport().update()

    def has_picture(self, name: str) -> bool:
        """Whether its picture is there."""
        return name in self._pictures

    def ask_name(self) -> None:
        """Asks what to call the present view; nothing, or a name that is taken by the twin itself, is no answer."""
        name, kept = QInputDialog.getText(self, "Save this view", "Name:", text=self._free_name())
        if kept and name.strip() and name.strip() not in {viewpoint.name for viewpoint in self._fixed}:
            self.save_asked.emit(name.strip())

    def _free_name(self) -> str:
        taken = {viewpoint.name for viewpoint in self.viewpoints}
        return next(name for name in (f"View {n}" for n in range(1, len(taken) + 2)) if name not in taken)

    def _choose(self, index: QModelIndex) -> None:
        self.chosen.emit(self.viewpoints[index.row()])

    def _menu(self, at: QPoint) -> None:
        index = self.list.indexAt(at)
        if index.isValid() and index.row() >= len(self._fixed):
            menu = QMenu(self)
            menu.addAction("Forget this view", lambda: self.forget_asked.emit(self.viewpoints[index.row()].name))
            menu.popup(self.list.viewport().mapToGlobal(at))
