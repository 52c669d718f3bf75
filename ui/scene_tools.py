"""The tools over the scene: what it is coloured by, its legend, and the ways to move through it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QToolButton, QWidget

from scene.legend import Choice, ColourBy, Legend
from scene.pilot import Way
from twins.asset import Twin
from twins.historian.query import Answers, Query
from twins.record import Snapshot
from ui.legend_box import LegendBox
from ui.numbers import age_text
from ui.theme import Theme

EDGE = 12
WAYS = {Way.ORBIT: "Drag to go round", Way.FLY: "W A S D Q E, Shift faster", Way.WALK: "W A S D at eye height, Shift runs"}


class SceneTools(QObject):
    """Lies on the widget of the scene and keeps to its corners. Asks; whoever ties it to the scene answers."""

    colour_asked = Signal(object)  # a Choice
    way_asked = Signal(object)  # a Way
    fit_asked = Signal()

    def __init__(self, theme: Theme, over: QWidget, twin: Twin, choices: tuple[Choice, ...]) -> None:
        super().__init__(over)
        self._over, self._twin, self.choices = over, twin, choices
        self._tags: tuple[str, ...] = ()
        self._snapshot = Snapshot.empty()
        self.colour = QToolButton(over, objectName="scenetool", popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        self.colour.setToolTip("What the scene is coloured by")
        self.colour.setMenu(self._menu())
        self.legend = LegendBox(theme, over)
        self.bar = QFrame(over, objectName="scenetool")
        self.ways = {
            way: QToolButton(text=way.value.title(), checkable=True, autoExclusive=True, toolTip=tip) for way, tip in WAYS.items()
        }
        self._fill_bar()
        self.show_choice(choices[0])
        self.show_way(Way.ORBIT)
        over.installEventFilter(self)
        self.raise_()

    def wanted(self) -> Query:
        """Nothing besides the snapshot."""
        return Query()

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """Tells how old the values are that colour the scene."""
        self._snapshot = snapshot
        self._tell_age()

    def show_choice(self, choice: Choice) -> None:
        """What the scene is coloured by now."""
        self.colour.setText(f"Colour by  {choice.title} ▾")
        self._actions[choice.by, choice.name].setChecked(True)
        coloured = choice.by is not ColourBy.CONDITION
        self._tags = tuple(tag.path for tag in choice.tags(self._twin) if coloured and choice.takes(tag))
        self._tell_age()
        self._place()

    def show_legend(self, legend: Legend) -> None:
        """Its legend."""
        self.legend.show_legend(legend)
        self._place()

    def show_way(self, way: Way) -> None:
        """How one moves now."""
        self.ways[way].setChecked(True)

    def raise_(self) -> None:
        """Above whatever the scene has put on itself since."""
        for widget in (self.colour, self.legend, self.bar):
            widget.raise_()
            widget.show()
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keeps to the corners."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.ChildPolished):
            self._place()
        return False

    def _tell_age(self) -> None:
        snapshot = self._snapshot
        places = [place for tag in self._tags if (place := snapshot.place.get(tag)) is not None and snapshot.seen[place]]
        ages = snapshot.age_ns[places] if places else ()
        self.legend.show_age(f"{age_text(int(min(ages)))} old" if len(ages) else "")

    def _place(self) -> None:
        self.colour.adjustSize()
        self.colour.move(EDGE, EDGE)
        self.legend.move(self._over.width() - self.legend.width() - EDGE, EDGE)
        self.bar.adjustSize()
        self.bar.move(EDGE, self._over.height() - self.bar.height() - EDGE)

    def _menu(self) -> QMenu:
        menu, group = QMenu(self.colour), QActionGroup(self)
        self._actions: dict[tuple[ColourBy, str], QAction] = {}
        before = self.choices[0].by
        for choice in self.choices:
            if choice.by is not before:
                menu.addSeparator()
                before = choice.by
            action = menu.addAction(choice.title, lambda choice=choice: self.colour_asked.emit(choice))
            action.setCheckable(True)
            group.addAction(action)
            self._actions[choice.by, choice.name] = action
        return menu

    def _fill_bar(self) -> None:
        row = QHBoxLayout(self.bar, spacing=2)
        row.setContentsMargins(4, 3, 4, 3)
        for way, button in self.ways.items():
            button.clicked.connect(lambda _=False, way=way: self.way_asked.emit(way))
            row.addWidget(button)
        line = QFrame(frameShape=QFrame.Shape.VLine, objectName="divider")
        fit = QToolButton(text="Fit  F", toolTip="Show the selection (F), everything (Shift+F)")
        fit.clicked.connect(self.fit_asked)
        for widget in (line, fit):
            row.addWidget(widget)
        for button in (*self.ways.values(), fit):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
