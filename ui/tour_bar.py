"""The bar of a guided tour: what is said now, which step of how many, and the buttons that lead through it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QToolButton, QVBoxLayout, QWidget

from ui.theme import SECONDARY, font

WIDEST, EDGE, OVER_TOOLS = 720, 12, 52
_KEYS = {Qt.Key.Key_Left: "back", Qt.Key.Key_Right: "next", Qt.Key.Key_Space: "pause", Qt.Key.Key_Escape: "leave"}


class Low(QFrame):
    """A frame that keeps to the lower middle of the widget it lies over, above the tools in its corner."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over, objectName="scenetool")
        self._over = over
        over.installEventFilter(self)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stays where it belongs."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self.settle()
        return False

    def settle(self) -> None:
        """Takes its place and the height that its words need."""
        width = max(min(WIDEST, self._over.width() - 2 * EDGE), 200)
        height = max(self.heightForWidth(width), self.minimumSizeHint().height())
        self.setGeometry((self._over.width() - width) // 2, self._over.height() - height - OVER_TOOLS, width, height)
        self.raise_()


class TourBar(Low):
    """Says a step and asks for another. The keys ← → Space and Esc work while it has the focus."""

    asked = Signal(str)  # back, next, pause or leave

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
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

    def _lay_out(self) -> None:
        column = QVBoxLayout(self, spacing=8)
        column.setContentsMargins(16, 12, 16, 10)
        row = QHBoxLayout(spacing=6)
        row.addWidget(self.place, 1)
        for name, button in self.buttons.items():
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, name=name: self.asked.emit(name))
            row.addWidget(button)
        for part in (self.words, self.gone):
            column.addWidget(part)
        column.addLayout(row)


class TourCard(Low):
    """Offers the tour to whoever opens a twin for the first time."""

    taken = Signal()
    declined = Signal()

    def __init__(self, over: QWidget, name: str, minutes: str) -> None:
        super().__init__(over)
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

    def settle(self) -> None:
        """As narrow as its words."""
        size = self.sizeHint()
        width = min(size.width(), self._over.width() - 2 * EDGE)
        self.setGeometry(
            (self._over.width() - width) // 2, self._over.height() - size.height() - OVER_TOOLS, width, size.height()
        )
        self.raise_()
