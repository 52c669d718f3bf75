"""Alarms of a twin: one for every limit of every tag, as the package refines them, and those it adds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from twins import clock
from twins.asset import Alarm, Asset, Condition, Tag
from twins.expression import ExpressionError, parse, tag_named
from twins.package.schema import AlarmForm

WAYS = ("limit", "deviation", "rate", "condition")  # exactly one of them says what is watched
OFF_DELAY_NS = 2 * clock.SECOND
_PRIORITIES = {Condition.HIGH_HIGH: "high", Condition.LOW_LOW: "high"}
_WORDS = {
    Condition.LOW_LOW: "very low",
    Condition.LOW: "low",
    Condition.HIGH: "high",
    Condition.HIGH_HIGH: "very high",
    Condition.DEVIATION: "is not as it should be",
    Condition.RATE: "changes too fast",
}
_BESIDE = {
    Condition.HIGH_HIGH: Condition.HIGH,
    Condition.HIGH: Condition.HIGH_HIGH,
    Condition.LOW_LOW: Condition.LOW,
    Condition.LOW: Condition.LOW_LOW,
}
Forms = Mapping[str, Mapping[str, AlarmForm]]  # by asset, then by name


def alarms_of(assets: Mapping[str, Asset], tags: Mapping[str, Tag], forms: Forms) -> dict[str, Alarm]:
    """By key, in the order of the tags, then of the assets. What can't be understood is left out; `check` tells of it."""
    found = {alarm.key: alarm for tag in tags.values() for alarm in _of_limits(tag)}
    for asset, own in forms.items():
        for name, form in own.items():
            alarm = _refined(name, asset, form, assets, tags)
            if alarm is not None and form.enabled:
                found[alarm.key] = alarm
            elif alarm is not None:
                found.pop(alarm.key, None)
    return {key: _advised(alarm, found) for key, alarm in found.items()}


def _advised(alarm: Alarm, found: Mapping[str, Alarm]) -> Alarm:
    """Of which nothing is said speaks as the one on the same side of the same tag: who is told what to do at “high” is told so at
    “very high”."""
    other = found.get(f"{alarm.tag}/{_BESIDE.get(alarm.condition, '')}")
    if other is None or alarm.cause or alarm.consequence or alarm.action:
        return alarm
    viewpoint = alarm.viewpoint or other.viewpoint
    return replace(alarm, cause=other.cause, consequence=other.consequence, action=other.action, viewpoint=viewpoint)


def way_of(form: AlarmForm) -> str:
    """Which of WAYS an alarm was written in; "" where it is none or more than one."""
    said = [way for way in WAYS if getattr(form, way) not in (None, "")]
    return said[0] if len(said) == 1 else ""


def duration_of(text: str, otherwise: int) -> int:
    """ns; `otherwise` where nothing was written. Raises ValueError as `parse_duration` does."""
    return clock.parse_duration(text) if text else otherwise


def _of_limits(tag: Tag) -> Iterator[Alarm]:
    for name, limit in tag.limits.named().items():
        yield _limit(tag, Condition(name), limit)


def _limit(tag: Tag, condition: Condition, limit: float, form: AlarmForm | None = None) -> Alarm:
    return _alarm(form or AlarmForm(), f"{tag.path}/{condition}", tag.asset, condition, tag, limit)


def _refined(name: str, asset: str, form: AlarmForm, assets: Mapping[str, Asset], tags: Mapping[str, Tag]) -> Alarm | None:
    """The alarm of one form; None where its tag, its way, a duration or its expression can't be understood."""
    key = f"{asset}/{name}" if asset else name
    try:
        if (way := way_of(form)) == "condition":
            first = next(iter(_tags_in(form.condition, asset, assets, tags)), None)
            return _alarm(form, key, asset, Condition.STATE, first, 0.0, first_word=name)
        tag = tags.get(tag_named(form.tag, asset, assets, tags)) if form.tag else None
        if not way or tag is None:
            return None
        if way == "limit":
            limit = tag.limits.named().get(str(form.limit))
            return None if limit is None else _limit(tag, Condition(str(form.limit)), limit, form)
        if way == "rate":
            return _alarm(form, key, asset, Condition.RATE, tag, float(form.rate or 0.0))
        reference = tag_named(form.reference, asset, assets, tags)
        if not reference or tags[reference].unit != tag.unit:
            return None
        return _alarm(form, key, asset, Condition.DEVIATION, tag, float(form.deviation or 0.0), reference)
    except (ExpressionError, ValueError):
        return None


def _tags_in(condition: str, asset: str, assets: Mapping[str, Asset], tags: Mapping[str, Tag]) -> Iterator[Tag]:
    for name in parse(condition).names():
        if path := tag_named(name, asset, assets, tags):
            yield tags[path]


def _alarm(
    form: AlarmForm,
    key: str,
    asset: str,
    condition: Condition,
    tag: Tag | None,
    limit: float,
    reference: str = "",
    first_word: str = "",
) -> Alarm:
    words = f"{tag.label} {_WORDS[condition]}" if tag is not None and condition in _WORDS else first_word.replace("_", " ")
    return Alarm(
        key,
        asset,
        condition,
        tag.path if tag else "",
        limit,
        _deadband(form, condition, tag),
        duration_of(form.on_delay, 0),
        duration_of(form.off_delay, OFF_DELAY_NS if condition is not Condition.STATE else 0),
        reference,
        duration_of(form.per, clock.MINUTE),
        form.condition,
        form.priority or _PRIORITIES.get(condition, "medium"),
        form.latching,
        form.message or words[:1].upper() + words[1:],
        form.cause,
        form.consequence,
        form.action,
        form.viewpoint,
    )


def _deadband(form: AlarmForm, condition: Condition, tag: Tag | None) -> float:
    """As written; else one hundredth of the range. A rate and a state have none unless it is written."""
    if form.deadband is not None:
        return float(form.deadband)
    if condition in (Condition.RATE, Condition.STATE) or tag is None or tag.range is None:
        return 0.0
    return 0.01 * (tag.range[1] - tag.range[0])
