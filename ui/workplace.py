"""The workplace: the window with its panels, and the ties between them. Only here does anybody know two panels."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from platformdirs import user_cache_path
from PySide6.QtCore import QObject
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMenu

from twins.asset import Viewpoint
from twins.clock import MINUTE
from twins.record import Snapshot
from twins.timeline import Mode, Timeline
from ui.duty import Duty
from ui.main_window import MainWindow, Opened
from ui.panel_docks import Panels
from ui.selection import Selection
from ui.settings import Settings
from ui.shell import THEME
from ui.theme import GREY, ICON_FILE, THEMES, Theme, font, palette, stylesheet
from ui.time_view import TimeView
from ui.told import QUIT, START
from ui.viewpoints import OwnViewpoints
from ui.watch import Watch

if TYPE_CHECKING:
    from ui.annunciator import Annunciator
    from ui.palette import Entry
    from ui.scene_probe import Probe
    from ui.shortcuts import Action

MOTION, LABELS, TRENDS, SOUND = "rotor motion", "labels", "trends", "alarm sound"
FORETOLD = "live forecast"
LIVE_STRETCH = 10 * MINUTE


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
        self.probe = probe
        self.app, self.opened, self.timeline, self.settings = app, opened, timeline, settings
        self.theme = Theme(THEMES.get(settings.get(THEME, GREY.name), GREY))
        self._dress()
        self.selection = Selection()
        self.view = TimeView(timeline.start, timeline.end)
        self.own = OwnViewpoints(settings, opened.twin.id)
        self._places: list[Entry] = []
        if timeline.live:
            self.view.show(timeline.end - LIVE_STRETCH, timeline.end + LIVE_STRETCH // 5)
        self.window = MainWindow(opened, timeline, self.theme, settings, Panels(self).docks())
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
        """What turns and moves does so."""
        return self.settings.get(MOTION, True)

    def toggle_motion(self) -> None:
        """What turns and moves does so, or stands still."""
        self.settings.put(MOTION, not self.motion())
        self.scene.spin(self.motion())

    def labels(self) -> bool:
        """The scene has labels."""
        return self.settings.get(LABELS, True)

    def toggle_labels(self) -> None:
        """Labels in the scene, or none."""
        self.settings.put(LABELS, not self.labels())
        self.scene.show_labels(self.labels())

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

    # ------------------------------------------------------------------ ties

    def _tie(self) -> None:
        """All panels stand: now they hear of each other, and the keys work."""
        from ui.actions import actions  # not before the first picture
        from ui.key_list import KeyList
        from ui.palette import Palette
        from ui.scene_ties import SceneTies
        from ui.shortcuts import Shortcuts
        from ui.view_ties import ViewTies

        self.scene, self.timeline_panel = self.window.panel("scene"), self.window.panel("timeline")
        self.assets, self.views = self.window.panel("assets"), self.window.panel("views")
        self.inspector = self.window.panel("inspector")
        self.scene_ties = SceneTies(self.window, self.opened.twin, self.selection, self.settings, self.theme)
        self.descent, self.tools = self.scene_ties.descent, self.scene_ties.tools
        self.scene.spin(self.motion())
        self.scene.show_labels(self.labels())
        self.view_ties = ViewTies(self.window, self.own, self.theme)
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
            "colour_by": self.scene_ties.coloured,
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
        if self.timeline.mode is not Mode.FOLLOWING:  # a plant that begins has told little yet
            self.scene_ties.give_way(snapshot)
        if not (self.selection.asset or self.selection.tag):
            self.selection.choose(first_look.first_asset(self.opened.twin, snapshot))

    # ------------------------------------------------------------------ menu, palette, looks

    def entries(self) -> list[Entry]:
        """All that the palette finds."""
        from ui.palette import Entry, twin_entries

        entries = [Entry(a.title, a.group, self._runner(a), self.shortcuts.shown_keys(a.id)) for a in self.shortcuts.actions]
        entries += [Entry(v.name, "viewpoint", self._flier(v)) for v in self.views.viewpoints]
        entries += [
            Entry(f"Colour by {c.title}", c.by.value, lambda c=c: self.scene_ties.colour_by(c)) for c in self.scene.choices
        ]
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
