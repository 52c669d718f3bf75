"""The user's own viewpoints of one twin, kept in the settings."""

from __future__ import annotations

from twins.asset import Viewpoint
from ui.settings import Settings


class OwnViewpoints:
    """Read as a tuple; what in the settings is not a viewpoint is passed over."""

    def __init__(self, settings: Settings, twin_id: str) -> None:
        self._settings, self._name = settings, f"viewpoints/{twin_id}"

    def all(self) -> tuple[Viewpoint, ...]:
        """In the order they were saved."""
        return tuple(found for one in self._settings.get(self._name, []) if (found := _viewpoint(one)) is not None)

    def keep(self, viewpoint: Viewpoint) -> None:
        """Saves it, in place of one with the same name."""
        others = [one for one in self.all() if one.name != viewpoint.name]
        self._put((*others, viewpoint))

    def forget(self, name: str) -> None:
        """Drops it."""
        self._put(tuple(one for one in self.all() if one.name != name))

    def _put(self, viewpoints: tuple[Viewpoint, ...]) -> None:
        kept = [{"name": v.name, "eye": [*v.eye], "target": [*v.target], "asset": v.asset} for v in viewpoints]
        self._settings.put(self._name, kept)


def _viewpoint(one: object) -> Viewpoint | None:
    try:
        eye, target = (tuple(float(number) for number in one[key]) for key in ("eye", "target"))  # type: ignore[index]
        whole = len(eye) == 3 and len(target) == 3
        return Viewpoint(str(one["name"]), eye, target, str(one.get("asset", ""))) if whole else None  # type: ignore
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
