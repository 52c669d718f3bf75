"""The settings: what the window remembers of its user, as JSON in one small file that may be missing, old or broken."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TypeVar

Kind = TypeVar("Kind")
NAME = "settings.json"


def default_path() -> Path:
    """Where the user's settings lie on this system."""
    import platformdirs

    return platformdirs.user_config_path("twindeck", appauthor=False) / NAME


class Settings:
    """A mapping of names to plain JSON values. `notice` is one sentence for the user where the file could not be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.notice = ""
        self._values = self._load()

    def get(self, name: str, default: Kind) -> Kind:
        """What was remembered, where it is of the default's type; else the default."""
        value = self._values.get(name, default)
        return value if type(value) is type(default) else default

    def put(self, name: str, value: object) -> None:
        """Remembers and writes the file; a disk that refuses costs the memory, not the window."""
        if self._values.get(name) == value:
            return
        self._values[name] = value
        try:
            self._save()
        except OSError as error:
            self.notice = f"Settings can't be kept in {self._path}: {error.strerror}; check that the folder may be written."

    def reread(self) -> None:
        """What other windows have written since."""
        self._values = self._load()

    def forget(self, *names: str) -> None:
        """Back to the default."""
        for name in names:
            self.put(name, None)

    def _load(self) -> dict[str, object]:
        try:
            values = json.loads(self._path.read_text(encoding="utf-8"))
            if not isinstance(values, dict):
                raise ValueError("not a mapping")
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError):
            return self._put_aside()
        return values

    def _put_aside(self) -> dict[str, object]:
        """Starts with the defaults and keeps the unreadable file for whoever wants to mend it."""
        aside = self._path.with_suffix(".damaged.json")
        self.notice = f"The settings in {self._path} can't be read; defaults are used and the old file is kept as {aside.name}."
        try:
            self._path.replace(aside)
        except OSError:
            self.notice = f"The settings in {self._path} can't be read; defaults are used."
        return {}

    def _save(self) -> None:
        """Whole or not at all: a crash half-way leaves the old file."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(f".{os.getpid()}.part")
        fresh.write_text(json.dumps(self._values, indent=1, sort_keys=True), encoding="utf-8")
        fresh.replace(self._path)
