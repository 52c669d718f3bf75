"""The assets: the tree of the twin with the value that tells most of each, and where something is wrong."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QCursor, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from twins.asset import Twin
from twins.historian.query import Answers, Query
from twins.record import Snapshot
from ui.asset_model import MARK, NAME, VALUE, AssetModel, Row
from ui.crumbs import Crumbs
from ui.icons import icon
from ui.marks import STALE, draw_mark
from ui.selection import Selection
from ui.theme import ROW, SECONDARY, Theme, font

_MEDIUM = QFont.Weight.Medium
NUMBER_WIDTH, UNIT_WIDTH, LEAST_WORD, MARK_WIDTH, NO_MARK, INDENT, GAP = 46, 46, 44, 36, 6, 12, 8


class AssetRows(QStyledItemDelegate):
    """Paints the rows. `painted` remembers what each visible row says, so that only what changed is painted again."""

    def __init__(self, theme: Theme, model: AssetModel) -> None:
        super().__init__()
        self._theme, self.model = theme, model
        self.painted: dict[int, Row] = {}
        self._plain, self._small, self._struck = font(), font(SECONDARY), font()
        self._strong = font(weight=_MEDIUM)
        self._struck.setStrikeOut(True)
        self.unit_width = UNIT_WIDTH

    @property
    def value_width(self) -> int:
        """A value with its unit, px."""
        return NUMBER_WIDTH + self.unit_width

    def leave_room(self, units: Iterable[str]) -> None:
        """For the widest of these units, and no more: what is left is the names'."""
        metrics = QFontMetrics(self._small)
        self.unit_width = min(max((metrics.horizontalAdvance(unit) + 8 for unit in units if unit), default=0), UNIT_WIDTH)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Rows of one height."""
        return QSize(60, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """One cell."""
        row = self.model.facts(index.internalId())
        self.painted[index.internalId()] = row
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if index.column() == MARK:
            self._mark(painter, option.rect, row, selected)
            return
        name = option.widget.visualRect(index.siblingAtColumn(NAME)).width()
        takes = self._value_takes(row, name)
        if index.column() == NAME:
            self._name(painter, option.rect, row, takes)
        else:
            self._value(painter, option.rect, row, takes, selected)

    def _name(self, painter: QPainter, box: QRect, row: Row, takes: int) -> None:
        painter.setFont(self._plain)
        painter.setPen(QColor(self._theme.tokens.text))
        room = box.width() + self.value_width - takes - GAP  # into the value's column, where that leaves room
        text = painter.fontMetrics().elidedText(row.name, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(box.adjusted(0, 0, self.value_width, 0), Qt.AlignmentFlag.AlignVCenter, text)

    def _value_takes(self, row: Row, name: int) -> int:
        """How much of its column a value takes beside a name's cell, px; a word gives way to the name."""
        if not row.value:
            return 0
        wide = QFontMetrics(self._strong).horizontalAdvance(row.value)
        if not _wordy(row):
            return min(wide, NUMBER_WIDTH) + self.unit_width
        left = name + self.value_width - QFontMetrics(self._plain).horizontalAdvance(row.name) - GAP
        return min(wide + 4, self.value_width, max(left, LEAST_WORD))

    def _value(self, painter: QPainter, box: QRect, row: Row, takes: int, selected: bool) -> None:
        tokens = self._theme.tokens
        muted = QColor(tokens.text if selected else tokens.muted)
        wordy = _wordy(row)
        number = box.adjusted(box.width() - takes, 0, -4, 0) if wordy else box.adjusted(0, 0, -self.unit_width, 0)
        painter.setFont(self._struck if row.struck else self._strong if row.sound and not wordy else self._plain)
        painter.setPen(QColor(tokens.text) if row.sound else muted)
        text = painter.fontMetrics().elidedText(row.value, Qt.TextElideMode.ElideMiddle, number.width())
        painter.drawText(number, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        painter.setFont(self._small)
        painter.setPen(muted)
        unit = painter.fontMetrics().elidedText(row.unit, Qt.TextElideMode.ElideMiddle, self.unit_width - 6)
        beside = QRect(box.right() - self.unit_width + 6, box.top(), self.unit_width - 6, box.height())
        painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter, unit)

    def _mark(self, painter: QPainter, box: QRect, row: Row, selected: bool) -> None:
        tokens, right = self._theme.tokens, box.right() - 8.0
        if row.alarm:
            draw_mark(painter, QRectF(right - 11, box.center().y() - 5, 11, 11), row.alarm, tokens)
            right -= 16
        if not row.doubt:
            return
        painter.setFont(self._small)
        painter.setPen(QColor(tokens.text if selected else tokens.muted))
        room = QRectF(box.left(), box.top(), right - box.left(), box.height())
        wide = painter.fontMetrics().horizontalAdvance(row.doubt)
        if wide <= room.width():
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, row.doubt)
            right -= wide + 4
        if right - 10 >= box.left() - 4:
            draw_mark(painter, QRectF(right - 10, box.center().y() - 4.5, 10, 10), STALE, tokens)


def _wordy(row: Row) -> bool:
    """A state takes the unit's room too."""
    return not row.unit and row.value[:1].isalpha()


class AssetTree(QTreeView):
    """The view: selected rows are filled from edge to edge, branches are small triangles."""

    def __init__(self, theme: Theme, model: AssetModel) -> None:
        super().__init__(headerHidden=True, uniformRowHeights=True, indentation=INDENT, mouseTracking=True)
        self._theme = theme
        self.rows = AssetRows(theme, model)
        self.setModel(model)
        self.setItemDelegate(self.rows)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setExpandsOnDoubleClick(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.header()
        header.setMinimumSectionSize(NO_MARK)
        header.setStretchLastSection(False)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column in (VALUE, MARK):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(MARK, NO_MARK)
        self.leave_room()

    def leave_room(self) -> None:
        """As much for the values as the units in the tree need."""
        self.rows.leave_room(self.rows.model.units())
        self.header().resizeSection(VALUE, self.rows.value_width)

    def leave_room_for_marks(self) -> None:
        """From now on; until the first one was seen the names have that room."""
        self.header().resizeSection(MARK, MARK_WIDTH)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Forgets rows that are out of sight when all is painted anew; the first mark that is seen gets its room."""
        if event.rect() == self.viewport().rect():
            self.rows.painted.clear()
        super().paintEvent(event)
        if self.columnWidth(MARK) < MARK_WIDTH and any(row.mark for row in self.rows.painted.values()):
            QTimer.singleShot(0, self.leave_room_for_marks)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter does what a double click does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.doubleClicked.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """The ground of a selected row, or of the one under the pointer, from edge to edge."""
        tokens = self._theme.tokens
        under = self.viewport().mapFromGlobal(QCursor.pos())
        if self.selectionModel().isSelected(index):
            painter.fillRect(option.rect, QColor(tokens.selected))
        elif self.underMouse() and option.rect.contains(under):
            painter.fillRect(option.rect, QColor(tokens.hovered))
        super().drawRow(painter, option, index)

    def drawBranches(self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
        """A triangle, down when open and right when closed."""
        if not self.model().hasChildren(index):
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(Qt.PenStyle.NoPen))
        painter.setBrush(QColor(self._theme.tokens.muted))
        x, y = rect.right() - 6.0, rect.center().y() + 0.5
        closed = ((x - 2, y - 4), (x + 3, y), (x - 2, y + 4))
        corners = ((x - 4, y - 2), (x + 4, y - 2), (x, y + 3)) if self.isExpanded(index) else closed
        painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
        painter.restore()


class Assets(QWidget):
    """The panel. Choosing a row chooses the asset for all; a double click flies there, or into a twin of its own."""

    def __init__(self, theme: Theme, selection: Selection, twin: Twin) -> None:
        super().__init__()
        self._theme, self._selection = theme, selection
        self.model = AssetModel(twin, self)
        self.tree = AssetTree(theme, self.model)
        self.search = QLineEdit(
            placeholderText="Find asset or tag…", clearButtonEnabled=True, toolTip="Return chooses the best find"
        )
        self._glass = self.search.addAction(icon("magnify", theme.tokens), QLineEdit.ActionPosition.LeadingPosition)
        column = QVBoxLayout(self, spacing=6)
        column.setContentsMargins(0, 8, 0, 0)
        top = QVBoxLayout()
        top.setContentsMargins(10, 0, 10, 0)
        top.addWidget(self.search)
        self.crumbs = Crumbs(twin)
        top.addWidget(self.crumbs)
        column.addLayout(top)
        column.addWidget(self.tree)
        self.nothing = QLabel(self.tree.viewport(), wordWrap=True, visible=False, margin=16)
        self.nothing.setProperty("muted", True)
        self.more = QLabel(visible=False, margin=6)
        self.more.setProperty("muted", True)
        column.addWidget(self.more)
        self.search.textChanged.connect(self._search)
        self.search.returnPressed.connect(self._choose_best)
        self.tree.selectionModel().currentChanged.connect(self._choose)
        self.tree.doubleClicked.connect(self._visit)
        selection.changed.connect(self._follow)
        theme.changed.connect(self._dress)
        self._open_top()
        self._follow()

    def wanted(self) -> Query:
        """Nothing besides the snapshot."""
        return Query()

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """Paints again if a row in sight says something new."""
        self.model.show(snapshot)
        said = {place: self.model.facts(place) for place in self.tree.rows.painted}
        if said != self.tree.rows.painted:
            self.tree.viewport().update()

    def show_trail(self, trail: tuple[str, ...]) -> None:
        """The tree of the twin at its end."""
        self.model.root = trail[-1]
        self.crumbs.show_trail(trail)
        self._search(self.search.text())

    def find(self) -> None:
        """Puts the keyboard into the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _search(self, text: str) -> None:
        self.tree.rows.painted.clear()
        self.model.search(text)
        self.tree.leave_room()
        self.tree.expandAll() if text.strip() else self._open_top()
        self.nothing.setText(f"No asset or tag has “{text.strip()}” in its name.")
        self.nothing.resize(self.tree.viewport().width(), self.nothing.heightForWidth(self.tree.viewport().width()))
        self.nothing.setVisible(not self.model.rowCount())
        self.more.setText(f"{self.model.left_out:,} more found: write more of the name.")
        self.more.setVisible(self.model.left_out > 0)
        self._follow()
        if text.strip():
            self.tree.scrollTo(self.model.where(*self.model.best), QAbstractItemView.ScrollHint.PositionAtTop)

    def _choose_best(self) -> None:
        """Return in the field chooses what is most likely meant."""
        there = self.model.where(*self.model.best)
        if self.search.text().strip() and there.isValid():
            self.tree.setCurrentIndex(there)
            self.tree.scrollTo(there, QAbstractItemView.ScrollHint.PositionAtTop)

    def _open_top(self) -> None:
        self.tree.expandToDepth(0)

    def _choose(self, current: QModelIndex, previous: QModelIndex) -> None:
        if not current.isValid():
            return
        asset, tag = self.model.subject(current)
        if tag or asset != self._selection.asset:  # an asset that is selected keeps its selected tag
            self._selection.choose(asset, tag)

    def _visit(self, index: QModelIndex) -> None:
        self._selection.visit(self.model.subject(index)[0])

    def _follow(self) -> None:
        """Shows what was selected elsewhere."""
        there = self.model.where(self._selection.asset, self._selection.tag)
        current = self.tree.currentIndex()
        if there.isValid() and not (current.isValid() and self.model.subject(current)[0] == self._selection.asset):
            self.tree.setCurrentIndex(there)
            self.tree.scrollTo(there)

    def _dress(self) -> None:
        self._glass.setIcon(icon("magnify", self._theme.tokens))
        self.tree.viewport().update()
