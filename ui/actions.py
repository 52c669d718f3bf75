"""What the window can do: the table of all actions with their default keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFileDialog

from twins.clock import SECOND, format_time
from twins.timeline import AS_FAST_AS_POSSIBLE
from ui.shortcuts import Action

if TYPE_CHECKING:
    from ui.workplace import Workplace

# The letters that fly and walk in the scene, W A S D Q E, are nobody's shortcut. Where a key is hard to type on some
# keyboard, an alternative that is a plain letter stands beside it.


def actions(place: Workplace) -> tuple[Action, ...]:
    """All of them, in the order of the menus."""
    return (*_file(place), *_view(place), *_time(place), *_alarms(place), *_simulation(place), *_go(place), *_help(place))


def _alarms(place: Workplace) -> tuple[Action, ...]:
    alarms = place.window.panel("alarms")
    return (
        Action("acknowledge", "Acknowledge the chosen alarms, else the first", "Alarms", alarms.acknowledge_selected, ("C",)),
        Action("shelve", "Shelve the chosen alarm…", "Alarms", alarms.shelve_selected, ("Shift+C",)),
        Action("silence", "Silence", "Alarms", place.silence, ("Ctrl+M",)),
        Action("sound", "New alarms sound", "Alarms", place.toggle_sound, (), place.sound),
        Action("note", "Add a note…", "Alarms", place.add_note, ("Ctrl+N",)),
        Action("sign-in", "Sign in or hand over…", "Alarms", place.duty.ask_name),
    )


def _simulation(place: Workplace) -> tuple[Action, ...]:
    panel, timeline, scenarios = place.window.panel("simulation"), place.timeline_panel, place.window.panel("scenarios")

    def knobs() -> None:
        place.window.docks.reveal("simulation")
        QTimer.singleShot(0, panel.find.setFocus)  # once it can be seen

    def lanes() -> None:
        place.window.docks.reveal("scenarios")
        QTimer.singleShot(0, scenarios.rows.setFocus)

    return (
        Action("knobs", "Turn knobs", "Simulation", knobs, ("Ctrl+E",)),
        Action(
            "what-if",
            "Run the what-if from the cursor",
            "Simulation",
            lambda: panel.ask("what-if"),
            ("Ctrl+Return", "Ctrl+Enter"),
        ),
        Action("forecast", "Forecast from the cursor", "Simulation", lambda: panel.ask("forecast"), ("Ctrl+Shift+Return",)),
        Action(
            "foretold",
            "Forecast the live plant every quarter of an hour",
            "Simulation",
            place.toggle_foretold,
            (),
            place.foretold,
        ),
        Action("optimise", "Optimise the knobs that were turned", "Simulation", lambda: panel.ask("optimise")),
        Action("rank", "Rank the knobs that were turned", "Simulation", lambda: panel.ask("sensitivity")),
        Action("lanes", "List of what-ifs and forecasts", "Simulation", lanes, ("Ctrl+L",)),
        Action("lane-next", "Show the next what-if, or the plant", "Simulation", timeline.next_lane, ("B",)),
        Action("beside", "Alone, overlay or difference", "Simulation", timeline.next_beside, ("X",)),
        Action("lane-remove", "Cancel the run, or remove the what-if", "Simulation", scenarios.remove),
    )


def _file(place: Workplace) -> tuple[Action, ...]:
    return (
        Action("new-twin", "New twin from files…", "File", lambda: new_twin(place)),
        Action("screenshot", "Save a picture of the window…", "File", lambda: save_picture(place), ("Ctrl+Shift+S",)),
        Action("start-page", "Start page", "File", place.to_start, ("Ctrl+Home",)),
        Action("close", "Close this window", "File", place.window.close, ("Ctrl+W",)),
        Action("quit", "Quit", "File", place.quit, ("Ctrl+Q",)),
    )


def new_twin(place: Workplace) -> None:
    """Asks for files and a folder, and makes a package of them."""
    from ui.new_twin import NewTwin

    asking = NewTwin(place.window, place.window.status.notify)
    place.window.closing.connect(asking.close)
    asking.ask()


def _view(place: Workplace) -> tuple[Action, ...]:
    window, theme = place.window, place.theme
    return (
        Action("grey", "Grey", "View", lambda: place.choose_theme("grey"), (), lambda: theme.tokens.name == "grey"),
        Action("dark", "Dark", "View", lambda: place.choose_theme("dark"), (), lambda: theme.tokens.name == "dark"),
        Action("motion", "Parts move", "View", place.toggle_motion, (), place.motion),
        Action("labels", "Labels in the scene", "View", place.toggle_labels, ("L",), place.labels),
        Action("full", "Full screen", "View", window.toggle_full_screen, ("F11",), window.isFullScreen),
        Action("save-view", "Save this view…", "View", place.views.ask_name, ("Ctrl+S",)),
        Action("reset", "Panels back in their places", "View", window.docks.reset),
        Action("menu", "Open the menu", "View", window.banner.menu_button.showMenu, ("F10",)),
    )


def _time(place: Workplace) -> tuple[Action, ...]:
    panel, timeline = place.timeline_panel, place.timeline

    def fastest() -> None:
        timeline.speed = AS_FAST_AS_POSSIBLE
        timeline.play()

    return (
        Action("play", "Play or pause", "Time", panel.toggle, ("Space", "K")),
        Action("sample-next", "Next sample of the selected tag", "Time", lambda: panel.step(1), ("Right",)),
        Action("sample-before", "Sample before, of the selected tag", "Time", lambda: panel.step(-1), ("Left",)),
        Action("on", "10 s on", "Time", lambda: panel.jump(10 * SECOND), ("Shift+Right",)),
        Action("back", "10 s back", "Time", lambda: panel.jump(-10 * SECOND), ("Shift+Left",)),
        Action("event-next", "Next event", "Time", panel.next_event, ("N",)),
        Action("event-before", "Event before", "Time", panel.previous_event, ("P",)),
        Action("start", "To the start", "Time", panel.home, ("Home",)),
        Action("end", "To the end; follow live", "Time", panel.last, ("End",)),
        Action("slower", "Slower", "Time", panel.slower, (",", "-")),
        Action("faster", "Faster", "Time", panel.faster, (".", "+")),
        Action("reverse", "The other way", "Time", panel.reverse, ("R",)),
        Action("fastest", "As fast as possible", "Time", fastest),
        Action("loop-in", "Loop from here", "Time", panel.loop_in, ("[", "I")),
        Action("loop-out", "Loop to here", "Time", panel.loop_out, ("]", "O")),
        Action("loop-off", "No loop", "Time", panel.clear_loop, ("\\", "U")),
        Action("gaps", "Skip gaps", "Time", panel.toggle_skip_gaps, ("G",), lambda: timeline.skip_gaps),
        Action("hindsight", "Hindsight: what is known now", "Time", panel.toggle_hindsight, ("H",), lambda: timeline.hindsight),
        Action("longer", "Show a longer time", "Time", lambda: panel.zoom(2.0), ("Ctrl+-",)),
        Action("shorter", "Show a shorter time", "Time", lambda: panel.zoom(0.5), ("Ctrl++", "Ctrl+=")),
        Action("all", "Show all of the recording", "Time", panel.fit, ("Ctrl+0",)),
    )


def _go(place: Workplace) -> tuple[Action, ...]:
    scene, selection = place.scene, place.selection
    return (
        Action("palette", "Find anything, do anything", "Go", place.palette_open, ("Ctrl+K",)),
        Action("find", "Find an asset or a tag", "Go", place.find, ("Ctrl+F", "/")),
        Action("time", "Go to a time", "Go", place.timeline_panel.type_time, ("Ctrl+T", "T")),
        Action("fit", "Show the selection", "Go", lambda: scene.fit(selection.asset), ("F",)),
        Action("overview", "Show everything", "Go", lambda: scene.fit(place.descent.root), ("Shift+F",)),
        Action("out", "Out of the twin that one is in", "Go", place.descent.out, ("Backspace",)),
        *(
            Action(way, f"Move through the scene: {way}", "Go", lambda way=way: place.scene_ties.move_by(way), (key,))
            for way, key in (("orbit", "1"), ("fly", "2"), ("walk", "3"))
        ),
        *(Action(f"view-{n}", f"Viewpoint {n}", "Go", lambda n=n: place.fly(n - 1), (f"Ctrl+{n}",)) for n in range(1, 6)),
        *(
            Action(f"show-{name}", f"Panel: {name.title()}", "Go", lambda name=name: place.window.docks.reveal(name))
            for name in ("assets", "views", "inspector", "simulation", "commands", "trends", "alarms", "events", "scenarios")
        ),
    )


def _help(place: Workplace) -> tuple[Action, ...]:
    tour = place.guide.tour
    guided = (Action("tour", tour.name, "Help", place.guide.begin, ("Shift+F1",)),) if tour.steps else ()
    return (*guided, Action("keys", "Every key", "Help", place.show_keys, ("F1",)))


def save_picture(place: Workplace) -> None:
    """Asks where, and writes the window as it looks."""
    stamp = format_time(place.timeline.cursor).replace(":", ".")
    proposed = Path.home() / f"{place.opened.twin.id} {stamp}.png"
    picture = place.window.grab()
    to, _ = QFileDialog.getSaveFileName(place.window, "Save a picture of the window", str(proposed), "PNG (*.png)")
    if to:
        kept = picture.save(to)
        place.window.status.notify(f"Saved as {to}." if kept else f"{to} can't be written; choose another folder.")
