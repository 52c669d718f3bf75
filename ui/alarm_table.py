"""The alarm list's table: marks and buttons are painted, and a click on a painted button is a deed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from ui.alarm_model import ACTIONS, BUTTONS_ROLE, MARK, MESSAGE, PRIORITY_ROLE, SOURCE, STATE, TIME, AlarmModel
from ui.marks import draw_mark
from ui.theme import ROW, SECONDARY, Theme, font

_WIDTHS = {
    TIME: "12:00:00 ",
    SOURCE: "T01 Generator winding temperature",
}
_GAP, _PAD = 6, 9
_Index = QModelIndex | QPersistentModelIndex


class AlarmTable(QTableView):
    """`pressed_button` tells which row's which button."""

    pressed_button = Signal(int, str)

    def __init__(self, model: AlarmModel, theme: Theme) -> None:
        super().__init__(showGrid=False, wordWrap=False, cornerButtonEnabled=False)
        self.setModel(model)
        self._buttons = _Buttons(theme, self)
        self.setMouseTracking(True)
        self.setItemDelegate(_Plain(self))
        self.setItemDelegateForColumn(MARK, _Marks(theme, self))
        self.setItemDelegateForColumn(ACTIONS, self._buttons)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setStyleSheet("QTableView::item { padding: 0 5px; }")
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(28)
        header.setResizeContentsPrecision(0)  # of what is in sight
        header.setSectionResizeMode(MESSAGE, QHeaderView.ResizeMode.Stretch)
        for column in (STATE, ACTIONS):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.setColumnWidth(MARK, 30)
        for column, sample in _WIDTHS.items():
            self.setColumnWidth(column, QFontMetrics(font()).horizontalAdvance(sample) + 16)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def enable(self, may_act: bool, why_not: str) -> None:
        """Whether the buttons do anything, and why not."""
        self._buttons.may_act, self._buttons.why_not = may_act, why_not
        self.viewport().update()

    def fit(self, width: int) -> None:
        """In a narrow panel the source gives way."""
        widest = QFontMetrics(font()).horizontalAdvance(_WIDTHS[SOURCE]) + 16
        self.setColumnWidth(SOURCE, min(widest, round(width * 0.22)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A painted button, or a row."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and index.column() == ACTIONS and event.button() == Qt.MouseButton.LeftButton:
            name = self._buttons.at(index, self.visualRect(index), event.position().toPoint())
            if name:
                self.pressed_button.emit(index.row(), name)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A hand over buttons."""
        super().mouseMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        over = index.isValid() and index.column() == ACTIONS and self._buttons.may_act
        hit = over and bool(self._buttons.at(index, self.visualRect(index), event.position().toPoint()))
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if hit else Qt.CursorShape.ArrowCursor)


class _Plain(QStyledItemDelegate):
    """The row's tint, which a style sheet would swallow, and no dotted frame round the current cell."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        """As usual."""
        super().initStyleOption(option, index)
        option.state &= ~option.state.State_HasFocus

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Tint, then the cell."""
        tint = index.data(Qt.ItemDataRole.BackgroundRole)
        if tint is not None and not option.state & option.state.State_Selected:
            painter.fillRect(option.rect, tint)
        super().paint(painter, option, index)


class _Marks(_Plain):
    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        super().paint(painter, option, index)
        if priority := index.data(PRIORITY_ROLE):
            middle = QRectF(option.rect).center()
            draw_mark(painter, QRectF(middle.x() - 5.5, middle.y() - 5.5, 11, 11), priority, self._theme.tokens)


class _Buttons(_Plain):
    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self.may_act, self.why_not = theme, False, ""

    def at(self, index: _Index, rect: QRect, point: object) -> str:
        """The name of the button at a point."""
        return next((name for name, box in self._boxes(index, rect) if box.contains(point)), "")  # type: ignore[call-overload]

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """As wide as its buttons."""
        boxes = self._boxes(index, QRect(0, 0, 0, ROW))
        return QSize(_GAP - boxes[-1][1].left() if boxes else 0, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        super().paint(painter, option, index)
        tokens = self._theme.tokens
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(SECONDARY))
        for name, box in self._boxes(index, option.rect):
            main = name == "Acknowledge" and self.may_act
            painter.setPen(QPen(QColor(tokens.line if self.may_act else "#00000000"), 1))
            painter.setBrush(QColor(tokens.raised) if main else Qt.BrushStyle.NoBrush)
            if main:
                painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            painter.setPen(QColor(tokens.text if main else tokens.muted))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)
        painter.restore()

    def helpEvent(self, event: object, view: object, option: QStyleOptionViewItem, index: _Index) -> bool:
        """Why a button does nothing."""
        from PySide6.QtWidgets import QToolTip

        if self.why_not and event.type() == QEvent.Type.ToolTip:  # type: ignore[attr-defined]
            QToolTip.showText(event.globalPos(), self.why_not)  # type: ignore[attr-defined]
            return True
        return super().helpEvent(event, view, option, index)  # type: ignore[arg-type]

    def _boxes(self, index: _Index, rect: QRect) -> list[tuple[str, QRect]]:
        metrics, boxes, right = QFontMetrics(font(SECONDARY)), [], rect.right() - 8
        for name in reversed(index.data(BUTTONS_ROLE) or ()):
            width = metrics.horizontalAdvance(name) + 2 * _PAD
            boxes.append((name, QRect(right - width, rect.top() + 2, width, rect.height() - 4)))
            right -= width + _GAP
        return boxes
