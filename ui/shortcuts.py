"""The actions: everything the window can do, in one table that drives menus, keys, the list of keys and the palette."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from ui.settings import Settings

BINDINGS = "bindings"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing the window can do. `keys` are the defaults as Qt writes them (“Ctrl+K”, “[”); several are alternatives, for
    keyboards on which the first is hard to type. `on` tells whether it is switched on, for what can be switched."""

    id: str
    title: str
    group: str  # the menu it stands in
    run: Callable[[], object]
    keys: tuple[str, ...] = ()
    on: Callable[[], bool] | None = None


class Shortcuts(QObject):
    """The table at work in one window. Keys go by the character they produce, and a field that is typed into keeps them."""

    changed = Signal()

    def __init__(self, window: QWidget, actions: Sequence[Action], settings: Settings) -> None:
        super().__init__(window)
        self.actions = tuple(actions)
        self._settings = settings
        self._qt: dict[str, QAction] = {}
        for action in self.actions:
            made = QAction(action.title, window, checkable=action.on is not None)
            made.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            made.triggered.connect(lambda _=False, action=action: self.run(action))
            window.addAction(made)
            self._qt[action.id] = made
        self._bind()
        self.refresh()

    def run(self, action: Action) -> None:
        """Does it, and shows anew what is switched on."""
        action.run()
        self.refresh()

    def refresh(self) -> None:
        """Shows what is switched on."""
        for action in self.actions:
            if action.on is not None:
                self._qt[action.id].setChecked(action.on())

    def menu(self, group: str, parent: QWidget) -> QMenu:
        """One group as a menu."""
        made = QMenu(group, parent)
        made.addActions([self._qt[action.id] for action in self.actions if action.group == group])
        made.aboutToShow.connect(self.refresh)
        return made

    def keys(self, name: str) -> tuple[str, ...]:
        """What an action is bound to now."""
        own = self._settings.get(BINDINGS, {}).get(name)
        default = next(action.keys for action in self.actions if action.id == name)
        return tuple(map(str, own)) if isinstance(own, list) else default

    def shown_keys(self, name: str) -> str:
        """The same for people: “Space”, “[ or I”."""
        return " or ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in self.keys(name))

    def conflicts(self) -> dict[str, list[str]]:
        """Keys that several actions claim → their titles; such keys do nothing until one is changed."""
        claimed: dict[str, list[str]] = {}
        for action in self.actions:
            for key in self.keys(action.id):
                claimed.setdefault(QKeySequence(key).toString(), []).append(action.title)
        return {key: titles for key, titles in claimed.items() if len(titles) > 1}

    def rebind(self, name: str, keys: Sequence[str]) -> str:
        """Binds an action to these keys instead. Refused with a sentence where another action has one of them."""
        for other in self.actions:
            taken = {QKeySequence(key) for key in self.keys(other.id)} & {QKeySequence(key) for key in keys}
            if other.id != name and taken:
                return f"{next(iter(taken)).toString()} already means “{other.title}”; change that first or choose another key."
        self._settings.put(BINDINGS, self._settings.get(BINDINGS, {}) | {name: list(keys)})
        self._bind()
        return ""

    def restore(self, name: str) -> str:
        """The default keys again; refused like `rebind`."""
        default = next(action.keys for action in self.actions if action.id == name)
        if sentence := self.rebind(name, default):
            return sentence
        own = {key: value for key, value in self._settings.get(BINDINGS, {}).items() if key != name}
        self._settings.put(BINDINGS, own)
        return ""

    def _bind(self) -> None:
        for name, made in self._qt.items():
            made.setShortcuts([QKeySequence(key) for key in self.keys(name)])
        self.changed.emit()
