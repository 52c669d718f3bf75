"""What is named but is not there: shown tags, the twin's time zone."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator

from twins.asset import Twin
from twins.expression import tag_named
from twins.package.draft import Draft
from twins.package.fault import Fault
from twins.package.origin import Origin, written
from twins.package.words import did_you_mean


def reference_faults(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Whatever an asset or the twin names."""
    yield from _timezone(twin, made.origins[""][0].at("timezone"))
    yield from _coloured(twin, made.origins[""][0].at("colour_by"))
    for asset in twin.assets.values():
        origins = made.origins[asset.path]
        shows = written(origins, "shows")
        for k, name in enumerate(shows.value() or ()):
            yield from unknown_tag(str(name), "shows", asset.path, twin, shows.at(k))


def _coloured(twin: Twin, origin: Origin) -> Iterator[Fault]:
    known = {word for tag in twin.tags.values() for word in (tag.quantity, tag.name)}
    if twin.colour_by and twin.colour_by not in known:
        remedy = did_you_mean(twin.colour_by, known) or "write a quantity, or the name of a tag"
        yield origin.fault(f"colour_by: nothing here is a “{twin.colour_by}”", remedy)


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
