"""What the scene has to do with the selection, with twins that lie in twins, and with the tools that stand over it."""

from __future__ import annotations

from PySide6.QtCore import QObject

from scene.legend import Choice, ColourBy
from scene.pilot import Way
from twins.asset import Twin
from twins.record import Snapshot
from ui import first_look
from ui.descent import Descent
from ui.main_window import MainWindow
from ui.scene_tools import SceneTools
from ui.scene_view import SceneView
from ui.selection import Selection
from ui.settings import Settings
from ui.theme import Theme

COLOURED = "coloured by"


class SceneTies(QObject):
    """Made when all panels stand."""

    def __init__(self, window: MainWindow, twin: Twin, selection: Selection, settings: Settings, theme: Theme) -> None:
        super().__init__(window)
        self._twin, self._selection, self._settings = twin, selection, settings
        self._scene: SceneView = window.panel("scene")
        self._inside: dict[str, tuple[Choice, Choice]] = {}  # twin → what colours below it, and what did in it
        self.descent = Descent(twin)
        self.tools = SceneTools(theme, self._scene, twin, self._scene.choices)
        self._tie_scene(window)
        self._tie_descent(window)
        self._tie_tools(window)

    @property
    def coloured(self) -> str:
        """What colours the scene, as it was chosen last; "" where nothing ever was."""
        return str(self._settings.get(f"{COLOURED}/{self._twin.id}", ""))

    def colour_by(self, choice: Choice) -> None:
        """What colours the scene, from now on and the next time."""
        self._settings.put(f"{COLOURED}/{self._twin.id}", choice.title)
        self._colour(choice)

    def give_way(self, snapshot: Snapshot) -> None:
        """What was remembered is left, until it is chosen again, where nothing of it was ever recorded."""
        choice = self._scene.scene.choice
        told = (tag.path for tag in choice.tags(self._twin) if choice.takes(tag))
        if choice.by is not ColourBy.CONDITION and not any(path in snapshot.place for path in told):
            self._colour(first_look.first_choice(self._twin, self._scene.choices))

    def move_by(self, way: str) -> None:
        """Orbit, fly or walk; the scene takes the keys."""
        self._scene.move_by(Way(way))
        self._scene.setFocus()

    # ------------------------------------------------------------------

    def _tie_scene(self, window: MainWindow) -> None:
        scene, selection = self._scene, self._selection
        scene.picked.connect(lambda asset: selection.choose(asset or self.descent.root))
        scene.visited.connect(lambda asset: self._visit(asset, self.descent.towards(asset)))
        scene.degraded.connect(window.status.notify)
        selection.changed.connect(lambda: scene.select(selection.asset))
        selection.visited.connect(lambda asset: self._visit(asset, asset if self._twin.assets[asset].twin else ""))
        scene.select(selection.asset)

    def _tie_descent(self, window: MainWindow) -> None:
        assets = window.panel("assets")
        self.descent.changed.connect(lambda: assets.show_trail(self.descent.trail))
        self.descent.changed.connect(lambda: self._scene.stand_in(self.descent.root))
        self.descent.entered.connect(self._arrive)
        if self._twin.plots:
            self.descent.changed.connect(lambda: window.panel("plots").stand_in(self.descent.root))
        self._selection.changed.connect(lambda: self.descent.follow(self._selection.asset))
        assets.crumbs.asked.connect(self.descent.enter)

    def _tie_tools(self, window: MainWindow) -> None:
        scene, tools = self._scene, self.tools
        tools.colour_asked.connect(self.colour_by)
        tools.way_asked.connect(self.move_by)
        tools.fit_asked.connect(lambda: scene.fit(self._selection.asset))
        scene.legend_changed.connect(tools.show_legend)
        scene.way_changed.connect(tools.show_way)
        scene.ready.connect(tools.raise_)
        window.refresh.add(tools)
        fresh = first_look.first_choice(self._twin, scene.choices)
        self._colour(next((choice for choice in scene.choices if choice.title == self.coloured), fresh))

    def _colour(self, choice: Choice) -> None:
        self._scene.colour_by(choice)
        self.tools.show_choice(choice)

    def _visit(self, asset: str, twin: str) -> None:
        """Flies to an asset, or into a twin of its own that it is or lies in."""
        if twin and twin != self.descent.root:
            self.descent.enter(twin)
        else:
            self._selection.choose(asset)
            self._scene.fit(asset)

    def _arrive(self, twin: str) -> None:
        self._colour_inside(twin)
        self._selection.choose(twin)
        viewpoint = self.descent.viewpoint()
        self._scene.go(viewpoint) if viewpoint is not None else self._scene.fit(twin)

    def _colour_inside(self, twin: str) -> None:
        """What colours nothing in a twin gives way to what tells most there, until one is out again."""
        scene = self._scene.scene
        ours, before = self._inside.pop(twin, (None, None))
        if ours is not None and before is not None and scene.choice == ours:
            self._colour(before)
        elif twin and not any(scene.choice.takes(tag) for tag in first_look.tags_inside(self._twin, twin, own=True)):
            made = first_look.first_choice(self._twin, self._scene.choices, twin)
            self._inside[self._twin.root_of(self._twin.assets[twin].parent)] = made, scene.choice
            self._colour(made)
