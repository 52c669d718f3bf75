"""What is named but is not there: shown tags, the twin's time zone, tags of fault profiles."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator

from twins import clock
from twins.asset import Asset, Twin
from twins.expression import tag_named
from twins.package.fault import Fault
from twins.package.loader import Draft
from twins.package.origin import Origin, written
from twins.package.words import did_you_mean


def reference_faults(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Whatever an asset or the twin names."""
    yield from _timezone(twin, made.origins[""][0].at("timezone"))
    for asset in twin.assets.values():
        origins = made.origins[asset.path]
        shows = written(origins, "shows")
        for k, name in enumerate(shows.value() or ()):
            yield from unknown_tag(str(name), "shows", asset.path, twin, shows.at(k))
        yield from _profiles(asset, twin, origins)


def unknown_tag(name: str, key: str, asset: str, twin: Twin, origin: Origin) -> Iterator[Fault]:
    """A fault where `name` means no tag, seen from the asset."""
    if not tag_named(name, asset, twin.assets, twin.tags):
        yield origin.fault(
            f"{key}: there is no tag “{name}” here", did_you_mean(name, visible(asset, twin)) or "write the name of a tag"
        )


def visible(asset: str, twin: Twin) -> list[str]:
    """The names of the tags of an asset and of its owners."""
    return [path.rpartition(".")[2] for owner in twin.ancestors(asset) for path in owner.tags]


def _timezone(twin: Twin, origin: Origin) -> Iterator[Fault]:
    try:
        zoneinfo.ZoneInfo(twin.timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        remedy = did_you_mean(twin.timezone, zoneinfo.available_timezones()) or "write one like Europe/Paris or UTC"
        yield origin.fault(f"there is no time zone “{twin.timezone}”", remedy)


def _profiles(asset: Asset, twin: Twin, origins: tuple[Origin, ...]) -> Iterator[Fault]:
    for name, profile in asset.faults.items():
        origin = written(origins, "faults", name)
        if bool(profile.get("tag")) == bool(profile.get("parameter")):
            yield origin.fault(f"the fault {name} is of one tag or of one parameter", "write either tag: … or parameter: …")
        if tag := str(profile.get("tag", "")):
            yield from unknown_tag(tag, "tag", asset.path, twin, origin.at("tag"))
        if over := str(profile.get("over", "")):
            yield from _duration(over, origin.at("over"))


def _duration(text: str, origin: Origin) -> Iterator[Fault]:
    try:
        clock.parse_duration(text)
    except ValueError:
        yield origin.fault(f"“{text}” is not a duration", "write a number and one of ms, s, min, h, d, like 10 min")
