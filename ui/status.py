"""The status line: which recording, how old its data are, how fast the window is, what is damaged, what just went wrong."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from twins.historian.query import Answers, Query
from twins.record import Snapshot
from ui.elided import ElidedLabel
from ui.link_summary import LinkSummary
from ui.numbers import age_text, size_text
from ui.theme import SECONDARY, font

NOTICE_MS = 12_000


class StatusLine(QWidget):
    """The strip along the bottom. `size` tells the recording's bytes, `pace` the frame time and the reader's lag in ns."""

    damage_asked = Signal()
    help_asked = Signal()

    def __init__(self, name: str, notice: str, size: Callable[[], int], pace: Callable[[], tuple[int, int]]) -> None:
        super().__init__(objectName="status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(26)
        self._name, self._size, self._pace = name, size, pace
        self._recording, self._age, self._frames, self._said = ElidedLabel(name), QLabel(), QLabel(), ElidedLabel()
        self.links = LinkSummary()
        self.notice = QLabel(notice, visible=bool(notice), objectName="boxed")
        self.damage = QToolButton(visible=False, toolTip="What was found damaged, and what that means")
        self.damage.clicked.connect(self.damage_asked)
        help_button = QToolButton(text="F1 help", toolTip="Every key, searchable and editable")
        help_button.clicked.connect(self.help_asked)
        row = QHBoxLayout(self, spacing=18)
        row.setContentsMargins(12, 0, 8, 0)
        for widget in (self.notice, self.links, self._recording, self._age, self._frames, self.damage, self._said, help_button):
            widget.setFont(font(SECONDARY))
            widget.setProperty("muted", widget not in (self._said, self.notice))
            widget.setProperty("quiet", True)
            row.addWidget(widget, 1 if widget is self._said else 0)
        self._fault = self._notice = ""
        self._since = QTimer(self, singleShot=True, interval=NOTICE_MS)
        self._since.timeout.connect(lambda: self.notify(""))
        self._slow = QTimer(self, interval=2000)
        self._slow.timeout.connect(self.measure)
        self._slow.start()
        self.measure()

    def wanted(self) -> Query:
        """Nothing besides the snapshot."""
        return Query()

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """Says how old the newest value is."""
        seen = snapshot.source[snapshot.seen]
        newest = int(seen[seen <= snapshot.time].max(initial=0)) if len(seen) else 0
        self._age.setText(f"data {age_text(snapshot.time - newest)} old" if newest else "no data yet")

    def hear(self, snapshot: Snapshot) -> None:
        """How the links to the plant are now."""
        self.links.show_links(snapshot)

    def measure(self) -> None:
        """Reads the file's size and the window's pace; now and then, not each frame."""
        frame, lag = self._pace()
        size = self._size()
        self._recording.setText(f"recording {self._name} · {size_text(size)}" if size else self._name)
        self._frames.setText(f"frame {frame / 1e6:.0f} ms · read {lag / 1e6:.0f} ms")

    def notify(self, sentence: str) -> None:
        """Says one sentence for a while."""
        self._notice = sentence
        self._since.start()
        self._say()

    def complain(self, sentence: str) -> None:
        """Says what is wrong for as long as it is; "" when it is right again."""
        self._fault = sentence
        self._say()

    def show_damage(self, sentences: tuple[str, ...]) -> None:
        """Tells how many damages were found."""
        self.damage.setText(f"{len(sentences)} damaged place{'s' if len(sentences) > 1 else ''} in the recording")
        self.damage.setVisible(bool(sentences))

    def _say(self) -> None:
        self._said.setText(self._fault or self._notice)
        self._said.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
