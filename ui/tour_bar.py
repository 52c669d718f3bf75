"""The bar of a guided tour: what is said now, which step of how many, and the buttons that lead through it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ui.theme import SECONDARY, font

WIDEST, EDGE = 980, 12
IN_A_ROW = 640  # px: in less, the buttons stand below the words
_KEYS = {Qt.Key.Key_Left: "back", Qt.Key.Key_Right: "next", Qt.Key.Key_Space: "pause", Qt.Key.Key_Escape: "leave"}


class Low(QFrame):
    """A frame at the lower edge of the widget it lies over: to the right of the tools in its corner, or above them where there
    it would be too narrow."""

    def __init__(self, over: QWidget, tools: QWidget) -> None:
        super().__init__(over, objectName="scenetool")
        self._over, self._tools = over, tools
        over.installEventFilter(self)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stays where it belongs."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self.settle()
        return False

    def settle(self) -> None:
        """Takes its place and the height that its words need."""
        beside = self._over.width() - self._tools.width() - 3 * EDGE
        low = beside >= self.least()
        width = min(self.most(), beside if low else self._over.width() - 2 * EDGE)
        self.adapt(width)
        self.layout().activate()
        height = max(self.heightForWidth(width), self.minimumSizeHint().height())
        left = self._tools.width() + 2 * EDGE + (beside - width) // 2 if low else (self._over.width() - width) // 2
        bottom = EDGE if low else self._tools.height() + 2 * EDGE
        self.setGeometry(left, self._over.height() - height - bottom, width, height)
        self.raise_()

    def least(self) -> int:
        """So wide must it be to stand beside the tools."""
        return self.sizeHint().width()

    def most(self) -> int:
        """So wide is it at most."""
        return self.sizeHint().width()

    def adapt(self, width: int) -> None:
        """Arranges what is in it."""


class TourBar(Low):
    """Says a step and asks for another. The keys ← → Space and Esc work while it has the focus."""

    asked = Signal(str)  # back, next, pause or leave

    def __init__(self, over: QWidget, tools: QWidget) -> None:
        super().__init__(over, tools)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.words = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText, font=font(14.5))
        self.place = QLabel(font=font(SECONDARY))
        self.place.setProperty("muted", True)
        self.gone = QProgressBar(textVisible=False, maximum=1000, objectName="tourgone")
        self.gone.setFixedHeight(3)
        self.buttons = {
            "back": QPushButton("Back", toolTip="The step before (←)"),
            "pause": QPushButton("Pause", toolTip="Stay here, or go on (Space)"),
            "next": QPushButton("Next", toolTip="The next step (→)"),
            "leave": QPushButton("Leave", toolTip="Back to where you were (Esc)"),
        }
        self.buttons["next"].setProperty("primary", True)
        self._lay_out()

    def tell(self, words: str, place: str, first: bool, last: bool) -> None:
        """Another step."""
        self.words.setText(words)
        self.place.setText(place)
        self.buttons["back"].setEnabled(not first)
        self.buttons["next"].setText("Finish" if last else "Next")
        self.setAccessibleName(f"{place}: {words}")
        self.show()
        self.settle()

    def show_pause(self, paused: bool) -> None:
        """Whether it goes on by itself."""
        self.buttons["pause"].setText("Go on" if paused else "Pause")

    def event(self, event: QEvent) -> bool:
        """Its keys are its own, whatever they mean to the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leads through the tour."""
        if event.key() in _KEYS and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self.asked.emit(_KEYS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def least(self) -> int:
        """As wide as a row needs."""
        return IN_A_ROW

    def most(self) -> int:
        """Words that are read in one look."""
        return WIDEST

    def adapt(self, width: int) -> None:
        """In a row, or the buttons below the words, and beside them which step it is."""
        in_a_row = width >= IN_A_ROW
        self._halves.setDirection(QBoxLayout.Direction.LeftToRight if in_a_row else QBoxLayout.Direction.TopToBottom)
        if in_a_row:
            self._said.addWidget(self.place)
        else:
            self._row.insertWidget(0, self.place, 1)

    def _lay_out(self) -> None:
        self._said, self._row = QVBoxLayout(spacing=3), QHBoxLayout(spacing=6)
        self._said.addWidget(self.words)
        self._said.addWidget(self.place)
        for name, button in self.buttons.items():
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, name=name: self.asked.emit(name))
            self._row.addWidget(button)
        self._row.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight, spacing=10)
        self._halves.addLayout(self._said, 1)
        self._halves.addLayout(self._row)
        column = QVBoxLayout(self, spacing=6)
        column.setContentsMargins(16, 8, 12, 8)
        column.addWidget(self.gone)
        column.addLayout(self._halves)


class TourCard(Low):
    """Offers the tour to whoever opens a twin for the first time."""

    taken = Signal()
    declined = Signal()

    def __init__(self, over: QWidget, tools: QWidget, name: str, minutes: str) -> None:
        super().__init__(over, tools)
        title, what = (
            QLabel(name, font=font(weight=QFont.Weight.DemiBold)),
            QLabel(f"A guided tour, {minutes}", font=font(SECONDARY)),
        )
        what.setProperty("muted", True)
        begin, later = QPushButton("Start the tour"), QToolButton(text="Not now")
        begin.setProperty("primary", True)
        later.setProperty("quiet", True)
        later.setToolTip("It stays in the menu under Help")
        begin.clicked.connect(self.taken)
        later.clicked.connect(self.declined)
        row = QHBoxLayout(self, spacing=12)
        row.setContentsMargins(16, 10, 12, 10)
        for widget in (title, what):
            row.addWidget(widget)
        row.addStretch(1)
        for button in (begin, later):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
