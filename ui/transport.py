"""The transport: the buttons, menus and the field that move the timeline; everything they do is a word to the timeline."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import tzinfo

import qtawesome
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from twins.timeline import AS_FAST_AS_POSSIBLE, SPEEDS, Mode, Timeline
from ui.theme import ICON, SECONDARY, Theme, font
from ui.typed_time import read_time

WIDTH = 262
_BUTTONS = (
    ("home", "mdi6.skip-previous", "To the start"),
    ("backward", "mdi6.rewind", "Play backward; again: faster"),
    ("toggle", "mdi6.play", "Play or pause"),
    ("forward", "mdi6.fast-forward", "Play forward; again: faster"),
    ("last", "mdi6.skip-next", "To the end"),
)


class Transport(QWidget):
    """Acts on the timeline it is given. `moved` fires after every intention, `complained` with one sentence or ""."""

    moved = Signal()
    complained = Signal(str)
    loop_view_asked = Signal()

    def __init__(self, theme: Theme, timeline: Timeline, zone: tzinfo) -> None:
        super().__init__()
        self.setFixedWidth(WIDTH)
        self._theme, self._timeline, self._zone = theme, timeline, zone
        self._shown: object = None
        self.buttons = {name: self._button(name, title) for name, _, title in _BUTTONS}
        self.speed = self._quiet("Speed", self._speed_menu())
        self.loop = self._quiet("Loop and gaps", self._loop_menu())
        self.known = self._quiet("What was known then, or what is known now", self._known_menu())
        self.live = QPushButton("Go live ⏎", toolTip="Follow the plant's clock", focusPolicy=Qt.FocusPolicy.TabFocus)
        self.live.clicked.connect(lambda: self._do(timeline.follow))
        self.live.setVisible(timeline.live)
        self.field = QLineEdit(placeholderText="Go to a time…", toolTip="2014-06-01 12:00, 14:30, -2h, +10 min, now")
        self.field.setAccessibleName("Go to a time")
        self.field.returnPressed.connect(self._go)
        self.field.textEdited.connect(lambda: self.complained.emit(""))
        self._lay_out()
        theme.changed.connect(self._dress)
        self._dress()
        self.refresh()

    def refresh(self) -> None:
        """Shows how the timeline stands."""
        timeline = self._timeline
        stands = (timeline.mode, timeline.speed, timeline.loop, timeline.hindsight, timeline.skip_gaps)
        if stands == self._shown:
            return
        self._shown = stands
        moving = timeline.mode is not Mode.PAUSED
        self._dress_button("toggle", "mdi6.pause" if moving else "mdi6.play")
        self.buttons["toggle"].setToolTip("Pause" if moving else "Play")
        self.speed.setText("live" if timeline.mode is Mode.FOLLOWING else f"{speed_text(timeline.speed)} ▾")
        self.loop.setText(("loop on" if timeline.loop else "loop off") + (", gaps skipped" if timeline.skip_gaps else "") + " ▾")
        self.known.setText(("hindsight" if timeline.hindsight else "known then") + " ▾")
        self.live.setEnabled(timeline.mode is not Mode.FOLLOWING)

    # ------------------------------------------------------------------

    def _do(self, deed: Callable[[], object]) -> None:
        deed()
        self.refresh()
        self.moved.emit()

    def _go(self) -> None:
        timeline = self._timeline
        try:
            t = read_time(self.field.text(), timeline.cursor, timeline.lanes[0].end, self._zone)
        except ValueError as error:
            self.complained.emit(str(error))
            return
        self.field.clear()
        self.field.clearFocus()
        outside = not timeline.start <= t <= timeline.end
        self.complained.emit("The recording holds nothing there; this is the nearest instant it has." if outside else "")
        self._do(lambda: timeline.seek(t))

    def _lay_out(self) -> None:
        buttons, words, last = QHBoxLayout(spacing=8), QHBoxLayout(spacing=2), QHBoxLayout(spacing=8)
        for button in self.buttons.values():
            buttons.addWidget(button)
        buttons.addStretch(1)
        for button in (self.speed, self.loop, self.known):
            words.addWidget(button)
        words.addStretch(1)
        last.addWidget(self.live)
        last.addWidget(self.field, 1)
        column = QVBoxLayout(self, spacing=2)
        column.setContentsMargins(8, 6, 12, 8)
        for row in (buttons, words, last):
            column.addLayout(row)

    def _button(self, name: str, title: str) -> QToolButton:
        button = QToolButton(toolTip=title, iconSize=QSize(ICON + 8, ICON + 8), autoRaise=True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(title)
        button.clicked.connect(lambda: self._do(getattr(self._timeline, name)))
        return button

    def _quiet(self, title: str, menu: QMenu) -> QToolButton:
        button = QToolButton(toolTip=title, popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setProperty("quiet", True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(title)
        button.setStyleSheet("QToolButton { padding: 2px 4px; }")
        button.setFont(font(SECONDARY + 0.5))
        button.setMenu(menu)
        return button

    def _speed_menu(self) -> QMenu:
        menu = QMenu(self)
        group = QActionGroup(menu)
        forward = (*SPEEDS, AS_FAST_AS_POSSIBLE)
        for speed in reversed(forward):
            self._speed_action(menu, group, speed)
        menu.addSeparator()
        backward = menu.addMenu("Backward")
        for speed in forward:
            self._speed_action(backward, group, -speed)
        menu.aboutToShow.connect(lambda: [a.setChecked(a.data() == self._timeline.speed) for a in group.actions()])
        return menu

    def _speed_action(self, menu: QMenu, group: QActionGroup, speed: float) -> None:
        action = QAction(speed_text(speed), menu, checkable=True)
        action.setData(speed)
        action.triggered.connect(lambda: self._do(lambda: setattr(self._timeline, "speed", speed)))
        group.addAction(action)
        menu.addAction(action)

    def _loop_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction("Loop from here", lambda: self._do(self._timeline.set_loop_in))
        menu.addAction("Loop to here", lambda: self._do(self._timeline.set_loop_out))
        menu.addAction("Loop what is shown", self.loop_view_asked.emit)
        menu.addAction("No loop", lambda: self._do(self._timeline.clear_loop))
        menu.addSeparator()
        skip = menu.addAction("Skip gaps")
        skip.setCheckable(True)
        skip.triggered.connect(lambda on: self._do(lambda: setattr(self._timeline, "skip_gaps", on)))
        menu.aboutToShow.connect(lambda: skip.setChecked(self._timeline.skip_gaps))
        return menu

    def _known_menu(self) -> QMenu:
        menu = QMenu(self)
        group = QActionGroup(menu)
        for title, hindsight in (("Known then: what had arrived by that instant", False), ("Hindsight: what is known now", True)):
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setData(hindsight)
            action.triggered.connect(lambda _=False, on=hindsight: self._do(lambda: setattr(self._timeline, "hindsight", on)))
            group.addAction(action)
        menu.aboutToShow.connect(lambda: [a.setChecked(a.data() == self._timeline.hindsight) for a in group.actions()])
        return menu

    def _dress(self) -> None:
        for name, icon, _ in _BUTTONS:
            self._dress_button(name, icon)
        self._shown = None
        self.refresh()

    def _dress_button(self, name: str, icon: str) -> None:
        tokens = self._theme.tokens
        colour = tokens.text if name == "toggle" else tokens.muted
        self.buttons[name].setIcon(qtawesome.icon(icon, color=colour, color_active=tokens.text))


def speed_text(speed: float) -> str:
    """“×1”, “×−64”, “as fast as possible”."""
    if math.isinf(speed):
        return "as fast as possible" if speed > 0 else "as fast as possible, backward"
    return f"×{speed:g}".replace("-", "−")
