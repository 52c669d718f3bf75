"""What is wrong with alarms: what they watch, their tags, durations, conditions and viewpoints."""

from __future__ import annotations

from collections.abc import Iterator

from twins.asset import Tag, TagKind, Twin
from twins.checking.expressions import condition_fault
from twins.checking.references import unknown_tag
from twins.expression import tag_named
from twins.package.alarming import WAYS, duration_of, way_of
from twins.package.draft import Draft
from twins.package.fault import Fault
from twins.package.origin import Origin, written
from twins.package.schema import AlarmForm
from twins.package.words import did_you_mean

_COUNTED = (TagKind.NUMBER, TagKind.INTEGER)


def alarm_faults(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Of every alarm that the package writes; those of plain limits are judged with their tags."""
    for asset, forms in made.alarms.items():
        for name, form in forms.items():
            origins = made.origins[f"{asset}!{name}"]
            yield from _alarm(name, form, asset, twin, origins)


def _alarm(name: str, form: AlarmForm, asset: str, twin: Twin, origins: tuple[Origin, ...]) -> Iterator[Fault]:
    way = way_of(form)
    if not way:
        yield origins[0].fault(
            f"the alarm {name} watches nothing, or more than one thing", f"write exactly one of {', '.join(WAYS)}"
        )
        return
    for key in ("per", "on_delay", "off_delay"):
        yield from _duration(key, getattr(form, key), written(origins, key))
    if form.viewpoint and form.viewpoint not in (known := [view.name for view in twin.viewpoints]):
        remedy = did_you_mean(form.viewpoint, known) or "write the name of a viewpoint"
        yield written(origins, "viewpoint").fault(f"{name}: there is no viewpoint “{form.viewpoint}”", remedy)
    if way == "condition":
        yield from condition_fault(form.condition, "condition", name, asset, twin, written(origins, "condition"))
        return
    for key in ("tag", "reference") if way == "deviation" else ("tag",):
        said = getattr(form, key)
        if not said:
            yield origins[0].fault(f"the alarm {name} has no {key}", "write the name of a tag")
        yield from unknown_tag(said, f"{name}: {key}", asset, twin, written(origins, key)) if said else ()
    yield from _watched(name, form, way, asset, twin, origins)


def _watched(name: str, form: AlarmForm, way: str, asset: str, twin: Twin, origins: tuple[Origin, ...]) -> Iterator[Fault]:
    tag = _tag(form.tag, asset, twin)
    if tag is None:
        return
    if tag.kind not in _COUNTED:
        yield written(origins, "tag").fault(f"{name}: {tag.name} is no number", "write a condition, like state == fault")
    elif way == "limit" and str(form.limit) not in tag.limits.named():
        has = ", ".join(tag.limits.named()) or "none"
        yield written(origins, "limit").fault(
            f"{name}: {tag.name} has no limit {form.limit}", f"it has {has}; write it in its limits"
        )
    reference = _tag(form.reference, asset, twin)
    if reference is not None and reference.unit != tag.unit:
        said = f"{name}: {reference.name} is in {reference.unit or 'no unit'}, {tag.name} in {tag.unit or 'none'}"
        yield written(origins, "reference").fault(said, "name a tag that has the same unit")


def _tag(name: str, asset: str, twin: Twin) -> Tag | None:
    return twin.tags.get(tag_named(name, asset, twin.assets, twin.tags)) if name else None


def _duration(key: str, text: str, origin: Origin) -> Iterator[Fault]:
    try:
        duration_of(text, 0)
    except ValueError as problem:
        yield origin.fault(f"{key}: {str(problem).partition(';')[0]}", "write a number and one of ms, s, min, h, d, like 10 s")
