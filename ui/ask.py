"""Asking: a small form over the window, for a reason, a duration, a name; never in the way of what goes on behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ui.theme import SECONDARY, font

WIDTH = 380
Field = tuple[str, QLineEdit | QPlainTextEdit | QComboBox]


class Ask(QDialog):
    """`answer` is called with the fields' texts when the button is pressed; what it returns, if anything, is shown as a complaint
    and the form stays. Enter is the button, Escape leaves.
    """

    def __init__(
        self,
        parent: QWidget,
        title: str,
        words: str,
        fields: Sequence[Field],
        button: str,
        answer: Callable[[list[str]], str | None],
        leave: str = "Cancel",
    ) -> None:
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("ask")
        self.setWindowTitle(title)
        self._answer, self.fields = answer, [widget for _, widget in fields]
        self.button = QPushButton(button, default=True)
        self.button.setProperty("primary", True)
        self.button.clicked.connect(self._done)
        self.leave = QPushButton(leave, autoDefault=False)
        self.leave.clicked.connect(self.reject)
        self.complaint = QLabel(wordWrap=True, visible=False, font=font(SECONDARY))
        self._lay_out(title, words, fields)
        for widget in self.fields:
            widget.installEventFilter(self)

    def open_over(self) -> None:
        """In the upper third of the window."""
        self.adjustSize()
        over = self.parentWidget().window().geometry()
        self.move(over.center().x() - self.width() // 2, over.top() + over.height() // 4)
        self.show()
        self.raise_()
        self.activateWindow()
        if self.fields:
            self.fields[0].setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ctrl+Enter in a text of several lines is the button."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and isinstance(watched, QPlainTextEdit):
            pressed = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if pressed and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self._done()
                return True
        return super().eventFilter(watched, event)

    def _lay_out(self, title: str, words: str, fields: Sequence[Field]) -> None:
        frame = QFrame(objectName="askframe")
        column = QVBoxLayout(frame, spacing=8)
        column.setContentsMargins(16, 14, 16, 14)
        column.addWidget(QLabel(title, font=font(weight=QFont.Weight.DemiBold), wordWrap=True))
        if words:
            told = QLabel(words, wordWrap=True, font=font(SECONDARY), textFormat=Qt.TextFormat.PlainText)
            told.setProperty("muted", True)
            column.addWidget(told)
        for label, widget in fields:
            if label:
                name = QLabel(label, font=font(SECONDARY))
                name.setProperty("muted", True)
                column.addWidget(name)
            widget.setAccessibleName(label)
            column.addWidget(widget)
        column.addWidget(self.complaint)
        row = QHBoxLayout(spacing=8)
        row.addStretch(1)
        row.addWidget(self.leave)
        row.addWidget(self.button)
        column.addSpacing(4)
        column.addLayout(row)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(frame)
        self.setFixedWidth(WIDTH)

    def _done(self) -> None:
        complaint = self._answer([_text(widget) for widget in self.fields])
        if complaint:
            self.complaint.setText(complaint)
            self.complaint.setVisible(True)
            self.adjustSize()
        else:
            self.accept()


def _text(widget: QWidget) -> str:
    if isinstance(widget, QPlainTextEdit):
        return widget.toPlainText().strip()
    return (widget.currentText() if isinstance(widget, QComboBox) else widget.text()).strip()  # type: ignore[attr-defined]
