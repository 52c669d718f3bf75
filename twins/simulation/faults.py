"""Faults that a package declares, set to begin at an instant: NAME@T."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from twins import InputError
from twins.asset import Twin
from twins.clock import SECOND, parse_duration, parse_time
from twins.expression import tag_named
from twins.package.words import did_you_mean
from twins.physics import Maker, Profile, modelled, read_profile


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault of one asset from an instant of the plant's clock on. It is on a tag, on a parameter of an asset's model, or on
    all tags of the asset (then both are "")."""

    name: str
    asset: str
    start: int
    profile: Profile
    tag: str = ""  # a path
    parameter: str = ""
    model: str = ""  # the path of the asset whose model has the parameter


def injections(texts: Sequence[str], twin: Twin, start: int) -> list[Injection]:
    """`T02.generator_cooling_loss@30s`, `gearbox_bearing_wear@T01`, … → injections; `start` is the plant's first instant, ns.

    Raises InputError, in one sentence that lists what there is.
    """
    return [_injection(text, twin, start) for text in texts]


def _injection(text: str, twin: Twin, start: int) -> Injection:
    what, _, when = (part.strip() for part in text.partition("@"))
    asset, _, name = what.rpartition(".")
    if when in twin.assets and when:
        asset, when = when, ""
    known = list(_known(twin))
    for path, fault in known:
        if fault == name and _is_of(path, asset):
            return _made(fault, path, twin, _instant(when, text, start))
    raise InputError(_unknown(text, name, asset, twin, known))


def _known(twin: Twin) -> Iterator[tuple[str, str]]:
    for path, asset in twin.assets.items():
        yield from ((path, name) for name in asset.faults)


def _is_of(path: str, asset: str) -> bool:
    return not asset or path == asset or path.startswith(f"{asset}/")


def _unknown(text: str, name: str, asset: str, twin: Twin, known: Sequence[tuple[str, str]]) -> str:
    if not known:
        return f"the fault {text}: {twin.name} declares no faults"
    if asset and asset not in twin.assets:
        return f"the fault {text}: there is no asset “{asset}”; there are {', '.join(path for path in twin.assets if path)}"
    named = sorted({fault for path, fault in known if _is_of(path, asset)})
    where = f" of {asset}" if asset else ""
    if not named:
        return f"the fault {text}: {asset} has no faults; {', '.join(dict.fromkeys(path for path, _ in known))} have some"
    remedy = f"{did_you_mean(name, named)} there are {', '.join(named)}".strip()
    return f"the fault {text}: there is no fault “{name}”{where}; {remedy}"


def _instant(when: str, text: str, start: int) -> int:
    """A duration from the start, an instant, or at once."""
    since = _since(when)
    if since is not None:
        return start + since
    with suppress(ValueError, OverflowError):
        return parse_time(when)
    raise InputError(
        f"the fault {text}: “{when}” is no time; write 30s or 5 min from the start, 2026-01-01T12:00:00Z, or an asset"
    )


def _since(when: str) -> int | None:
    """ns from the start; None where it is no duration."""
    if not when:
        return 0
    with suppress(ValueError, OverflowError):
        return round(float(when) * SECOND)
    with suppress(ValueError):
        return parse_duration(when)
    return None


def begins_after(text: str) -> int | None:
    """How long after the start a fault begins, ns; None where it names an instant."""
    return _since(text.partition("@")[2].strip())


def _made(name: str, path: str, twin: Twin, start: int) -> Injection:
    written = twin.assets[path].faults[name]
    try:
        if written.get("parameter"):
            owner, unit = parameter_of(str(written["parameter"]), path, twin)
            profile = read_profile(written, unit, of_tag=False)
            return Injection(name, path, start, profile, parameter=str(written["parameter"]), model=owner)
        tag = tag_named(str(written["tag"]), path, twin.assets, twin.tags) if written.get("tag") else ""
        return Injection(name, path, start, read_profile(written, twin.tags[tag].unit if tag else "", of_tag=True), tag=tag)
    except (ValueError, KeyError) as problem:
        raise InputError(f"the fault {name} of {path or twin.id} can't be used: {problem}") from None


def parameter_of(name: str, path: str, twin: Twin) -> tuple[str, str]:
    """The asset, this one or one it is part of, whose model has the parameter, and its unit. Raises ValueError."""
    for owner in twin.ancestors(path):
        for variable in Maker(twin.files).model(owner.model).parameters if modelled(owner.model) else ():
            if variable.name == name:
                return owner.path, variable.unit
    raise ValueError(f"no model here has a parameter “{name}”")
