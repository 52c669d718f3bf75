"""The workplace: the window with its panels, and the ties between them. Only here does anybody know two panels."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from platformdirs import user_cache_path
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from twins.asset import Viewpoint
from twins.clock import MINUTE
from twins.record import Snapshot
from twins.timeline import Mode, Timeline
from ui.docks import BELOW_RIGHT, BOTTOM, CENTRE, LEFT, LOWEST, RIGHT, Dock
from ui.duty import Duty
from ui.main_window import MainWindow, Opened
from ui.panels.views import PICTURE
from ui.selection import Selection
from ui.settings import Settings
from ui.shell import THEME
from ui.theme import GREY, ICON_FILE, THEMES, Theme, font, palette, stylesheet
from ui.time_view import TimeView
from ui.told import QUIT, START
from ui.viewpoints import OwnViewpoints
from ui.watch import Watch

if TYPE_CHECKING:
    from scene.legend import Choice
    from ui.annunciator import Annunciator
    from ui.palette import Entry
    from ui.scene_probe import Probe
    from ui.shortcuts import Action

MOTION, LABELS, COLOURED, TRENDS, SOUND = "rotor motion", "labels", "coloured by", "trends", "alarm sound"
FORETOLD = "live forecast"
LIVE_STRETCH = 10 * MINUTE
PICTURE_EVERY_MS = 150


class Workplace(QObject):
    """Builds the window on what is opened; `window.show()` paints the shell, the panels follow by themselves."""

    def __init__(
        self,
        app: QApplication,
        opened: Opened,
        timeline: Timeline,
        settings: Settings,
        probe: Probe | None = None,
        operator: str = "",
        begin_fault: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__()
        self._begin_fault = begin_fault
        self.tell: Callable[[str], None] | None = None  # the start page that it was opened from, if any
        self._probe = probe
        self.app, self.opened, self.timeline, self.settings = app, opened, timeline, settings
        self.theme = Theme(THEMES.get(settings.get(THEME, GREY.name), GREY))
        self._dress()
        self.selection = Selection()
        self.view = TimeView(timeline.start, timeline.end)
        self.own = OwnViewpoints(settings, opened.twin.id)
        self._places: list[Entry] = []
        if timeline.live:
            self.view.show(timeline.end - LIVE_STRETCH, timeline.end + LIVE_STRETCH // 5)
        self.window = MainWindow(opened, timeline, self.theme, settings, self._docks())
        self.duty = Duty(self.window, opened, settings, lambda: timeline.cursor, operator)
        self.standpoint = self.duty.standpoint
        self.annunciator: Annunciator | None = None
        self.window.furnished.connect(self._tie)

    def choose_theme(self, name: str) -> None:
        """“grey” or “dark”, and remembers it."""
        self.settings.put(THEME, name)
        self.theme.choose(THEMES[name])

    # ------------------------------------------------------------------ what the actions do

    def motion(self) -> bool:
        """Rotors turn."""
        return self.settings.get(MOTION, True)

    def toggle_motion(self) -> None:
        """Rotors turn, or stand still."""
        self.settings.put(MOTION, not self.motion())
        self.scene.spin(self.motion())

    def labels(self) -> bool:
        """The scene has labels."""
        return self.settings.get(LABELS, True)

    def toggle_labels(self) -> None:
        """Labels in the scene, or none."""
        self.settings.put(LABELS, not self.labels())
        self.scene.show_labels(self.labels())

    def colour_by(self, choice: Choice) -> None:
        """What colours the scene, from now on and the next time."""
        self.settings.put(f"{COLOURED}/{self.opened.twin.id}", choice.title)
        self.scene.colour_by(choice)
        self.tools.show_choice(choice)

    def add_note(self, subject: str = "") -> None:
        """A note about something, or about what is selected, at the instant that is shown."""
        from ui.notes import ask_note

        about = subject or self.selection.tag or self.selection.asset
        if self.standpoint.may_note:
            ask_note(self.window, self.opened.twin, about, self.timeline.cursor, self.duty.intend)
        else:
            self.window.status.notify(self.standpoint.why_no_note)

    def sound(self) -> bool:
        """New alarms sound."""
        return self.settings.get(SOUND, True)

    def toggle_sound(self) -> None:
        """New alarms sound, or not."""
        self.settings.put(SOUND, not self.sound())
        if self.annunciator:
            self.annunciator.on = self.sound()

    def foretold(self) -> bool:
        """A live plant is forecast, every quarter of an hour anew."""
        return self.settings.get(FORETOLD, False)

    def toggle_foretold(self) -> None:
        """Forecasts of a live plant, or none."""
        self.settings.put(FORETOLD, not self.foretold())
        self.what_ifs.simulating.live = self.foretold()
        self.what_ifs.simulating.foretell()

    def silence(self) -> None:
        """No more sound for the alarms that stand; nothing is acknowledged by it."""
        if self.annunciator:
            self.annunciator.silence()

    def fly(self, place: int) -> None:
        """To the nth viewpoint, where there is one."""
        if place < len(self.views.viewpoints):
            self.scene.go(self.views.viewpoints[place])

    def find(self) -> None:
        """Into the field that finds assets and tags."""
        self.window.docks.reveal("assets")
        self.assets.find()

    def palette_open(self) -> None:
        """The palette."""
        self.palette.open_over()

    def show_keys(self) -> None:
        """The list of keys."""
        self.key_list.show()
        self.key_list.raise_()
        self.key_list.activateWindow()
        self.key_list.search.setFocus()

    def move_by(self, way: str) -> None:
        """Orbit, fly or walk; the scene takes the keys."""
        from scene.pilot import Way

        self.scene.move_by(Way(way))
        self.scene.setFocus()

    def to_start(self) -> None:
        """The start page, beside this window."""
        if self.tell is not None:
            self.tell(START)
        else:
            from ui.start_page import opened_beside

            opened_beside()

    def quit(self) -> None:
        """This window, and the start page that it came from."""
        if self.tell is not None:
            self.tell(QUIT)
        self.window.close()

    # ------------------------------------------------------------------ panels, each made once the shell is painted

    def _docks(self) -> tuple[Dock, ...]:
        return (
            Dock("scene", "Scene", CENTRE, self._scene, "The scene is being built…"),
            Dock("assets", "Assets", LEFT, self._assets),
            Dock("views", "Views", LEFT, self._views),
            Dock("inspector", "Inspector", RIGHT, self._inspector),
            Dock("trends", "Trends", BELOW_RIGHT, self._trends),
            *([Dock("plots", "Plots", BELOW_RIGHT, self._plots)] if self.opened.twin.plots else []),
            Dock("timeline", "Timeline", BOTTOM, self._timeline),
            Dock("alarms", "Alarms", LOWEST, self._alarms),
            Dock("events", "Events", LOWEST, self._events),
            Dock("simulation", "Simulation", RIGHT, self._simulation),
            Dock("predictions", "Predictions", RIGHT, self._predictions),
            Dock("commands", "Commands", RIGHT, self._commands),
            Dock("calibration", "Calibration", LEFT, self._calibration),
            Dock("scenarios", "Scenarios", LOWEST, self._scenarios),
        )

    def _scene(self) -> QWidget:
        from ui.scene_view import SceneView

        return SceneView(self.opened.twin, self.opened.meshes(), self.theme, self._probe)

    def _assets(self) -> QWidget:
        from ui.panels.assets import Assets

        return Assets(self.theme, self.selection, self.opened.twin)

    def _views(self) -> QWidget:
        from ui.panels.views import Views

        return Views(self.theme, self.opened.twin.viewpoints, self.own.all())

    def _inspector(self) -> QWidget:
        from ui.panels.inspector import Inspector

        return Inspector(self.theme, self.selection, self.opened.twin, self.standpoint)

    def _predictions(self) -> QWidget:
        from ui.panels.predictions import Predictions

        return Predictions(self.theme, self.selection, self.opened.twin, self.timeline)

    def _timeline(self) -> QWidget:
        from ui.panels.timeline import TimelinePanel

        return TimelinePanel(self.theme, self.selection, self.opened.twin, self.timeline, self.view)

    def _trends(self) -> QWidget:
        from ui.panels.trends import TrendsPanel

        return TrendsPanel(self.theme, self.selection, self.opened.twin, self.timeline, self.view)

    def _plots(self) -> QWidget:
        from ui.panels.plots import Plots

        return Plots(self.theme, self.opened.twin, self.timeline)

    def _alarms(self) -> QWidget:
        from ui.panels.alarms import Alarms

        return Alarms(self.theme, self.selection, self.opened.twin, self.standpoint)

    def _commands(self) -> QWidget:
        from ui.panels.commands import Commands

        return Commands(self.theme, self.selection, self.opened.twin, self.view)

    def _simulation(self) -> QWidget:
        from ui.panels.simulation import SimulationPanel

        return SimulationPanel(self.theme, self.selection, self.opened.twin, self.timeline)

    def _calibration(self) -> QWidget:
        from ui.panels.calibration import CalibrationPanel

        return CalibrationPanel(self.theme, self.selection, self.opened.twin, self.timeline, self.view)

    def _scenarios(self) -> QWidget:
        from ui.panels.scenarios import ScenariosPanel

        return ScenariosPanel(self.theme, self.opened.twin, self.timeline)

    def _events(self) -> QWidget:
        from ui.panels.events import EventsPanel

        return EventsPanel(self.theme, self.selection, self.opened.twin, self.timeline, self.view)

    # ------------------------------------------------------------------ ties

    def _tie(self) -> None:
        """All panels stand: now they hear of each other, and the keys work."""
        from ui.actions import actions  # not before the first picture
        from ui.key_list import KeyList
        from ui.palette import Palette
        from ui.shortcuts import Shortcuts

        self.scene, self.timeline_panel = self.window.panel("scene"), self.window.panel("timeline")
        self.assets, self.views = self.window.panel("assets"), self.window.panel("views")
        self.inspector = self.window.panel("inspector")
        self._tie_scene()
        self._tie_views()
        self._tie_time()
        self._tie_trends()
        self._tie_duty()
        self._tie_simulation()
        self._tie_guide()
        self._tie_calibration()
        self.theme.changed.connect(self._dress)
        self.shortcuts = Shortcuts(self.window, actions(self), self.settings)
        self.key_list = KeyList(self.window, self.shortcuts)
        self.key_list.finished.connect(self.window.activateWindow)  # not every desktop gives the keys back by itself
        self.palette = Palette(self.theme, self.window, self.entries)
        self.window.status.help_asked.connect(self.show_keys)
        self.window.banner.palette_button.clicked.connect(self.palette.open_over)
        self._hang_menu()
        self.window.setWindowIcon(QIcon(str(ICON_FILE)))

    def _tie_scene(self) -> None:
        scene, selection = self.scene, self.selection
        scene.picked.connect(lambda asset: selection.choose(asset or self.descent.root))
        scene.visited.connect(lambda asset: self._visit(asset, self.descent.towards(asset)))
        scene.degraded.connect(self.window.status.notify)
        selection.changed.connect(lambda: scene.select(selection.asset))
        selection.visited.connect(lambda asset: self._visit(asset, asset if self.opened.twin.assets[asset].twin else ""))
        scene.spin(self.settings.get(MOTION, True))
        scene.show_labels(self.labels())
        scene.select(selection.asset)
        self._tie_descent()
        self._lay_tools()

    def _tie_descent(self) -> None:
        from ui.descent import Descent

        self.descent = Descent(self.opened.twin)
        self._coloured: dict[str, tuple[Choice, Choice]] = {}  # twin → what colours below it, and what did in it
        self.descent.changed.connect(lambda: self.assets.show_trail(self.descent.trail))
        self.descent.changed.connect(lambda: self.scene.stand_in(self.descent.root))
        self.descent.entered.connect(self._arrive)
        if self.opened.twin.plots:
            self.descent.changed.connect(lambda: self.window.panel("plots").stand_in(self.descent.root))
        self.selection.changed.connect(lambda: self.descent.follow(self.selection.asset))
        self.assets.crumbs.asked.connect(self.descent.enter)

    def _visit(self, asset: str, twin: str) -> None:
        """Flies to an asset, or into a twin of its own that it is or lies in."""
        if twin and twin != self.descent.root:
            self.descent.enter(twin)
        else:
            self.selection.choose(asset)
            self.scene.fit(asset)

    def _arrive(self, twin: str) -> None:
        self._colour_inside(twin)
        self.selection.choose(twin)
        viewpoint = self.descent.viewpoint()
        self.scene.go(viewpoint) if viewpoint is not None else self.scene.fit(twin)

    def _colour_inside(self, twin: str) -> None:
        """What colours nothing in a twin gives way to what tells most there, until one is out again."""
        from ui import first_look

        scene = self.scene.scene
        ours, before = self._coloured.pop(twin, (None, None))
        if ours is not None and scene.choice == ours:
            made = before
        elif twin and not any(scene.choice.takes(tag) for tag in first_look.tags_inside(self.opened.twin, twin, own=True)):
            made = first_look.first_choice(self.opened.twin, self.scene.choices, twin)
            self._coloured[self.opened.twin.root_of(self.opened.twin.assets[twin].parent)] = made, scene.choice
        else:
            return
        self.scene.colour_by(made)
        self.tools.show_choice(made)

    def _lay_tools(self) -> None:
        from ui import first_look
        from ui.scene_tools import SceneTools

        scene = self.scene
        self.tools = SceneTools(self.theme, scene, self.opened.twin, scene.choices)
        self.tools.colour_asked.connect(self.colour_by)
        self.tools.way_asked.connect(self.move_by)
        self.tools.fit_asked.connect(lambda: scene.fit(self.selection.asset))
        scene.legend_changed.connect(self.tools.show_legend)
        scene.way_changed.connect(self.tools.show_way)
        scene.ready.connect(self.tools.raise_)
        self.window.refresh.add(self.tools)
        kept = self.settings.get(f"{COLOURED}/{self.opened.twin.id}", "")
        fresh = first_look.first_choice(self.opened.twin, scene.choices)
        scene.colour_by(choice := next((choice for choice in scene.choices if choice.title == kept), fresh))
        self.tools.show_choice(choice)

    def _tie_views(self) -> None:
        self.views.chosen.connect(self.scene.go)
        self.views.save_asked.connect(self._save_view)
        self.views.forget_asked.connect(self._forget_view)
        self._to_picture: list[Viewpoint] = []
        self._retake_pictures()
        self.theme.changed.connect(self._retake_pictures)
        self.window.closing.connect(self._to_picture.clear)

    def _tie_time(self) -> None:
        self.timeline_panel.moved.connect(self.window.refresh.tick)
        self.window.banner.hindsight_asked.connect(self.timeline_panel.toggle_hindsight)
        for panel in (self.window.panel("events"), self.window.panel("trends")):
            panel.moved.connect(self.window.refresh.tick)

        self.window.refresh.read.connect(self._begin)
        self._begin()

    def _tie_trends(self) -> None:
        trends, name = self.window.panel("trends"), f"{TRENDS}/{self.opened.twin.id}"
        trends.restore(self.settings.get(name, {}))
        self.window.closing.connect(lambda: self.settings.put(name, trends.state()))

    def _tie_duty(self) -> None:
        """What is wanted goes to the station; what is live is heard, whatever is shown."""
        from ui.annunciator import Annunciator

        window, alarms = self.window, self.window.panel("alarms")
        for panel in (alarms, self.inspector, window.panel("predictions")):
            panel.intended.connect(self.duty.intend)
        alarms.note_asked.connect(self.add_note)
        window.strip.live_asked.connect(self.timeline_panel.go_live)
        self.annunciator = Annunciator(user_cache_path("twindeck") / "sounds", on=self.settings.get(SOUND, True))
        window.refresh.live.connect(self.annunciator.hear)
        window.refresh.live.connect(self._hear_live)
        window.refresh.add(Watch(lambda snapshot: self.duty.stand(snapshot, self.timeline.mode, self.timeline.live)))
        self.duty.shows = self._shown
        self.duty.begin()

    def _tie_simulation(self) -> None:
        from ui.what_ifs import WhatIfs

        self.what_ifs = WhatIfs(self.window, self.opened, self.timeline, self.duty, self.theme)
        self.what_ifs.simulating.live = self.foretold()

    def _tie_guide(self) -> None:
        from ui.guide import Guide

        twin, docks = self.opened.twin, self.window.docks
        self.guide = Guide(twin.tour, self.scene, self.tools, self.selection, docks, self._begin_fault)
        self.window.closing.connect(self.guide.leave)
        self.guide.offer(self.settings, twin.id)
        self.scene.ready.connect(self.guide.rise)

    def _tie_calibration(self) -> None:
        from ui.calibrating import Calibrating
        from ui.calibration_ties import Calibrations

        self.calibrations = Calibrations(self.window, self.opened, Calibrating(self.opened, self.timeline), self.duty, self.theme)

    def _hear_live(self, snapshot: Snapshot) -> None:
        self.scene.spin(self.motion() and not (snapshot.station_lost and self.timeline.mode is Mode.FOLLOWING))

    def _shown(self) -> dict[str, object]:
        """What the window shows, as the record keeps it."""
        pose = self.scene.viewpoint("")
        moving = self.timeline.mode is not Mode.PAUSED
        return {
            "lane": self.timeline.shown.name,
            "mode": self.timeline.mode.value,
            "at": 0 if moving else self.timeline.cursor,
            "hindsight": self.timeline.hindsight,
            "selected": self.selection.tag or self.selection.asset,
            "colour_by": self.settings.get(f"{COLOURED}/{self.opened.twin.id}", ""),
            "eye": list(pose.eye),
            "target": list(pose.target),
        }

    def _begin(self) -> None:
        """The first snapshot tells what the recording holds: something alive is selected, unless the user was first."""
        from ui import first_look

        snapshot = self.window.refresh.snapshot
        if not snapshot.channels:
            return
        self.window.refresh.read.disconnect(self._begin)
        self.timeline.stride = first_look.stride(snapshot.channels, self.timeline.end - self.timeline.start)
        if not (self.selection.asset or self.selection.tag):
            self.selection.choose(first_look.first_asset(self.opened.twin, snapshot))

    def _save_view(self, name: str) -> None:
        self.own.keep(self.scene.viewpoint(name))
        self.views.show_own(self.own.all())
        self.views.show_picture(name, self.scene.picture())

    def _forget_view(self, name: str) -> None:
        self.own.forget(name)
        self.views.show_own(self.own.all())

    def _take_pictures(self) -> None:
        """One viewpoint after the other, with time for everything else in between; none before the scene can draw."""
        if not self._to_picture:
            return
        viewpoint = self._to_picture.pop(0)
        picture = self.scene.picture_from(viewpoint, PICTURE.width(), PICTURE.height())
        if picture.isNull():
            self._to_picture.insert(0, viewpoint)
        else:
            self.views.show_picture(viewpoint.name, picture)
        QTimer.singleShot(PICTURE_EVERY_MS, self._take_pictures)

    def _retake_pictures(self) -> None:
        idle, self._to_picture = not self._to_picture, list(self.views.viewpoints)
        if idle:
            self._take_pictures()

    # ------------------------------------------------------------------ menu, palette, looks

    def entries(self) -> list[Entry]:
        """All that the palette finds."""
        from ui.palette import Entry, twin_entries

        entries = [Entry(a.title, a.group, self._runner(a), self.shortcuts.shown_keys(a.id)) for a in self.shortcuts.actions]
        entries += [Entry(v.name, "viewpoint", self._flier(v)) for v in self.views.viewpoints]
        entries += [Entry(f"Colour by {c.title}", c.by.value, lambda c=c: self.colour_by(c)) for c in self.scene.choices]
        self._places = self._places or twin_entries(self.opened.twin, self.selection)
        return entries + self._places

    def _runner(self, action: Action) -> Callable[[], None]:
        return lambda: self.shortcuts.run(action)

    def _flier(self, viewpoint: Viewpoint) -> Callable[[], None]:
        return lambda: self.scene.go(viewpoint)

    def _hang_menu(self) -> None:
        menu = QMenu(self.window)
        for group in dict.fromkeys(action.group for action in self.shortcuts.actions):
            menu.addMenu(self.shortcuts.menu(group, menu))
        self.window.banner.menu_button.setMenu(menu)

    def _dress(self) -> None:
        self.app.setStyle("Fusion")
        self.app.setFont(font())
        self.app.setPalette(palette(self.theme.tokens))
        self.app.setStyleSheet(stylesheet(self.theme.tokens))
