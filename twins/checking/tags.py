"""What is wrong with tags, each for itself and beside each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from twins.asset import Tag, TagKind, Twin
from twins.expression import NoFactorError, scale
from twins.package.draft import Draft
from twins.package.fault import Fault
from twins.package.origin import Origin, written
from twins.package.quantities import everyday_units
from twins.package.words import did_you_mean

_NO_SCALE = (TagKind.BOOLEAN, TagKind.ENUMERATION, TagKind.TEXT)


def tag_faults(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Units, scales, words, commands, addresses."""
    for tag in twin.tags.values():
        origins = made.origins[tag.path]
        yield from _unit(tag, written(origins, "unit"))
        yield from _scale(tag, origins)
        yield from _words(tag, written(origins, "values"))
        yield from _commanded(tag, origins)
    yield from _addresses(made, twin)


def _unit(tag: Tag, origin: Origin) -> Iterator[Fault]:
    if tag.unit and tag.kind in _NO_SCALE:
        yield origin.fault(f"{tag.name}: a tag of kind {tag.kind} has no unit", "remove the unit")
    if not is_unit(tag.unit):
        remedy = (
            _powers(tag.unit)
            or did_you_mean(tag.unit, everyday_units())
            or "write one that pint reads, like kW, degC, m/s, m^3/h or %"
        )
        yield origin.fault(f"{tag.name}: “{tag.unit}” is no unit", remedy)


def _powers(unit: str) -> str:
    """The remedy where a power lacks its sign: m3/min."""
    meant = re.sub(r"([A-Za-z])([23])(?!\d)", r"\1^\2", unit)
    return f"write {meant}" if meant != unit and is_unit(meant) else ""


def is_unit(text: str) -> bool:
    """Whether it can be read as a unit."""
    try:
        scale(text)
    except NoFactorError:
        return True
    except ValueError:
        return False
    return True


def _scale(tag: Tag, origins: tuple[Origin, ...]) -> Iterator[Fault]:
    limits = tag.limits.named()
    if tag.kind in _NO_SCALE and (tag.range or limits or tag.normal is not None):
        place = written(origins, "range" if tag.range else "limits" if limits else "normal")
        yield place.fault(f"{tag.name}: a tag of kind {tag.kind} has no range, normal or limits", "remove them")
        return
    for (lower, low), (higher, high) in pairwise(limits.items()):
        if low >= high:
            said = f"{tag.name}: limits out of order: {lower} is {low:g}, {higher} is {high:g}"
            yield written(origins, "limits", higher).fault(said, "order them low_low < low < high < high_high")
    if tag.range is None:
        return
    if tag.range[0] >= tag.range[1]:
        said = f"{tag.name}: the range {tag.range[0]:g} to {tag.range[1]:g} is empty"
        yield written(origins, "range").fault(said, "write [lowest, highest]")
        return
    marks: dict[tuple[str, ...], float] = {("limits", name): value for name, value in limits.items()}
    marks |= {} if tag.normal is None else {("normal",): tag.normal}
    for steps, value in marks.items():
        if not tag.range[0] <= value <= tag.range[1]:
            said = f"{tag.name}: {steps[-1]} {value:g} is outside the range {tag.range[0]:g} to {tag.range[1]:g}"
            yield written(origins, *steps).fault(said, "widen the range or move it inside")


def _words(tag: Tag, origin: Origin) -> Iterator[Fault]:
    if tag.kind is TagKind.ENUMERATION and not tag.values:
        yield origin.fault(f"{tag.name}: an enumeration without values", "write its words: values: [stopped, running]")
    elif tag.values and tag.kind is not TagKind.ENUMERATION:
        yield origin.fault(f"{tag.name}: values stand on a tag of kind {tag.kind}", "write kind: enumeration, or remove them")
    for word in sorted({word for word in tag.values if tag.values.count(word) > 1}):
        yield origin.fault(f"{tag.name}: the word “{word}” stands in values twice", "keep one of the two")


def _commanded(tag: Tag, origins: tuple[Origin, ...]) -> Iterator[Fault]:
    if tag.writable and tag.computed:
        said = f"{tag.name}: a tag can't be both computed and writable"
        yield written(origins, "writable").fault(said, "command the tag it is computed from")
    if not tag.writable and (tag.role or tag.permissives):
        what = "permissives" if tag.permissives else "role"
        yield written(origins, what).fault(f"{tag.name}: {what} on a tag that can't be commanded", "write writable: true")


def _addresses(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Two tags that a message could not tell apart."""
    first: dict[tuple[str, str], Tag] = {}
    told: set[Origin] = set()
    for tag in twin.tags.values():
        for protocol, address in tag.address.items():
            other = first.setdefault((protocol, address), tag)
            origin = written(made.origins[tag.path], "address", protocol)
            if other is not tag and origin not in told:
                told.add(origin)
                remedy = "write {asset} and {tag} in it, or give each an address of its own"
                yield origin.fault(f"the {protocol} address “{address}” belongs to both {other.path} and {tag.path}", remedy)
