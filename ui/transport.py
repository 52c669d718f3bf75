"""The transport: the buttons, menus and the field that move the timeline; everything they do is a word to the timeline."""

from __future__ import annotations

import math
from datetime import tzinfo

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from twins.timeline import AS_FAST_AS_POSSIBLE, SPEEDS, Mode, Timeline
from ui.icons import icon
from ui.theme import ICON, SECONDARY, Theme, font
from ui.typed_time import read_time

WIDTH = 262
_LOOP_VIEW = "loop what is shown"
_BUTTONS = (
    ("home", "skip-previous", "To the start"),
    ("backward", "rewind", "Play backward; again: faster"),
    ("toggle", "play", "Play or pause"),
    ("forward", "fast-forward", "Play forward; again: faster"),
    ("last", "skip-next", "To the end"),
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
        self._choices: list[QAction] = []
        self.buttons = {name: self._button(name, title) for name, _, title in _BUTTONS}
        self.speed = self._quiet("Speed", self._speed_menu())
        self.loop = self._quiet("Loop and gaps", self._loop_menu())
        self.known = self._quiet("What was known then, or what is known now", self._known_menu())
        self.live = QPushButton("Go live ⏎", toolTip="Follow the plant's clock", focusPolicy=Qt.FocusPolicy.TabFocus)
        self.live.setObjectName("follow")
        self.live.setVisible(timeline.live)
        self.field = QLineEdit(placeholderText="Go to a time…", toolTip="2014-06-01 12:00, 14:30, -2h, +10 min, now")
        self.field.setAccessibleName("Go to a time")
        self.field.returnPressed.connect(self._go)
        self.field.textEdited.connect(self._typed)
        self._deeds = QButtonGroup(self, exclusive=False)
        for button in (*self.buttons.values(), self.live):
            self._deeds.addButton(button)
        self._deeds.buttonClicked.connect(self._pressed)
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
        self._dress_button("toggle", "pause" if moving else "play")
        self.buttons["toggle"].setToolTip("Pause" if moving else "Play")
        self.speed.setText("live" if timeline.mode is Mode.FOLLOWING else f"{speed_text(timeline.speed)} ▾")
        self.loop.setText(("loop on" if timeline.loop else "loop off") + (", gaps skipped" if timeline.skip_gaps else "") + " ▾")
        self.known.setText(("hindsight" if timeline.hindsight else "known then") + " ▾")
        self.live.setEnabled(timeline.mode is not Mode.FOLLOWING)

    # ------------------------------------------------------------------

    def _acted(self) -> None:
        self.refresh()
        self.moved.emit()

    def _pressed(self, button: QAbstractButton) -> None:
        getattr(self._timeline, button.objectName())()
        self._acted()

    def _typed(self, text: str) -> None:
        self.complained.emit("")

    def _go(self) -> None:
        timeline = self._timeline
        try:
            t = read_time(self.field.text(), timeline.cursor, timeline.plant.end, self._zone)
        except ValueError as error:
            self.complained.emit(str(error))
            return
        self.field.clear()
        self.field.clearFocus()
        outside = not timeline.start <= t <= timeline.end
        self.complained.emit("The recording holds nothing there; this is the nearest instant it has." if outside else "")
        timeline.seek(t)
        self._acted()

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
        button.setObjectName(name)  # what to tell the timeline
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
        backward = QMenu("Backward", menu)
        for speed in (*SPEEDS, AS_FAST_AS_POSSIBLE):
            self._offer(backward, speed_text(-speed), ("speed", -speed))
        for speed in (AS_FAST_AS_POSSIBLE, *reversed(SPEEDS)):
            self._offer(menu, speed_text(speed), ("speed", speed))
        menu.addSeparator()
        menu.addMenu(backward)
        return self._heard(menu)

    def _loop_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction("Loop from here").setData("set_loop_in")
        menu.addAction("Loop to here").setData("set_loop_out")
        menu.addAction("Loop what is shown").setData(_LOOP_VIEW)
        menu.addAction("No loop").setData("clear_loop")
        menu.addSeparator()
        self._offer(menu, "Skip gaps", ("skip_gaps", True))
        return self._heard(menu)

    def _known_menu(self) -> QMenu:
        menu = QMenu(self)
        self._offer(menu, "Known then: what had arrived by that instant", ("hindsight", False))
        self._offer(menu, "Hindsight: what is known now", ("hindsight", True))
        return self._heard(menu)

    def _offer(self, menu: QMenu, title: str, setting: tuple[str, object]) -> None:
        """A choice that is ticked while the timeline is set so."""
        action = menu.addAction(title)
        action.setCheckable(True)
        action.setData(setting)
        self._choices.append(action)

    def _heard(self, menu: QMenu) -> QMenu:
        menu.triggered.connect(self._chosen)
        menu.aboutToShow.connect(self._tick)
        return menu

    def _tick(self) -> None:
        for action in self._choices:
            name, value = action.data()
            action.setChecked(getattr(self._timeline, name) == value)

    def _chosen(self, action: QAction) -> None:
        asked = action.data()
        if asked == _LOOP_VIEW:
            self.loop_view_asked.emit()
        elif isinstance(asked, str):
            getattr(self._timeline, asked)()
        else:
            name, value = asked
            setattr(self._timeline, name, value if name != "skip_gaps" else action.isChecked())
        self._acted()

    def _dress(self) -> None:
        for name, image, _ in _BUTTONS:
            self._dress_button(name, image)
        self._shown = None
        self.refresh()

    def _dress_button(self, name: str, image: str) -> None:
        self.buttons[name].setIcon(icon(image, self._theme.tokens))


def speed_text(speed: float) -> str:
    """“×1”, “×−64”, “as fast as possible”."""
    if math.isinf(speed):
        return "as fast as possible" if speed > 0 else "as fast as possible, backward"
    return f"×{speed:g}".replace("-", "−")
