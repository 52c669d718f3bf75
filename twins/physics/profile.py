"""How a fault changes a number over time: step, ramp, stuck, drift, noise, drop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from twins.clock import SECOND, parse_duration
from twins.physics.quantity import difference, quantity

_NEEDS = {"step": ("to",), "ramp": ("to", "over"), "stuck": (), "drift": ("rate",), "noise": ("amplitude",), "drop": ()}


@dataclass(frozen=True, slots=True)
class Profile:
    """Numbers are in the unit of the parameter or tag that it is on, times in seconds."""

    shape: str
    to: float = 0.0
    over: float = 0.0
    rate: float = 0.0
    amplitude: float = 0.0

    def changed(self, value: float, first: float, since: float, noise: float) -> float:
        """A sound `value`, `since` seconds after the beginning, when it was `first`; `noise` is standard normal."""
        match self.shape:
            case "step":
                return self.to
            case "ramp":
                share = min(since / self.over, 1.0) if self.over > 0 else 1.0
                return value + (self.to - value) * share
            case "stuck":
                return first
            case "drift":
                return value + self.rate * since
            case "noise":
                return value + self.amplitude * noise
            case _:
                return value


def read_profile(written: Mapping[str, object], unit: str, *, of_tag: bool) -> Profile:
    """A fault of a package, for a parameter or tag in `unit`. Raises ProfileError with the key that is wrong."""
    shape = str(written.get("profile", ""))
    for key in _NEEDS[shape]:
        if written.get(key) in (None, ""):
            raise ProfileError(key, f"a {shape} lacks “{key}”; write {key}: {_example(key, unit)}")
    if shape in ("drop", "stuck") and not of_tag:
        raise ProfileError("profile", f"a parameter can't {'drop' if shape == 'drop' else 'be stuck'}; write step or ramp")
    return Profile(
        shape,
        _read("to", written, lambda value: quantity(value, unit, bare=of_tag)),
        _read("over", written, lambda value: parse_duration(str(value)) / SECOND),
        _read("rate", written, lambda value: difference(value, unit, "s")),
        _read("amplitude", written, lambda value: difference(value, unit)),
    )


class ProfileError(ValueError):
    """`key` of the fault is wrong; the message is a sentence: what is wrong; what to write."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def _read(key: str, written: Mapping[str, object], reading: Callable[[object], float]) -> float:
    if written.get(key) in (None, ""):
        return 0.0
    try:
        return reading(written[key])
    except ValueError as problem:
        raise ProfileError(key, f"{key}: {problem}") from None


def _example(key: str, unit: str) -> str:
    return {"over": "10 min", "rate": f"0.1 {unit or '1'}/min"}.get(key, f"1 {unit}".strip())
