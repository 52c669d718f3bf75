"""Diagnosis: which of the faults that a package declares speak from what was estimated and what is strange."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from twins.asset import Asset, Twin
from twins.clock import SECOND, parse_duration
from twins.estimation.estimator import Estimator
from twins.physics import Array, read_profile
from twins.prognosis.prediction import Evidence

FLOOR = 0.15  # of the fault as it is declared: what is less is not called a fault
SPEAKS = 2.5  # deviations from which a tag speaks for a fault
_MOST = 5
_UNKNOWN = np.arange(1, 20) / 20  # how severe it is when nobody can tell: anything between nothing and all


@dataclass(frozen=True, slots=True)
class Bent:
    """The estimated parameter that a fault bends from `usual` to `to`, in SI."""

    group: int  # its place among the estimator's
    leeway: int
    usual: float
    to: float


@dataclass(frozen=True, slots=True)
class Declared:
    """A fault as its package declares it. Without `bends` none of what it does is estimated."""

    asset: str
    name: str
    label: str
    description: str
    action: str
    within: float  # s
    downtime: float  # s
    bends: Bent | None
    instrument: bool  # what is wrong is what is told, not what is
    tag: str  # whose instrument, as a path; "" is all

    @property
    def key(self) -> str:
        """Which fault of which asset."""
        return f"{self.asset}.{self.name}"


@dataclass(frozen=True, slots=True)
class Finding:
    """How severe a fault is in each member, 0 sound … 1 as declared, and the tags of its asset that are far from expected."""

    fault: Declared
    severity: Array
    strange: tuple[Evidence, ...]
    recognised: float | None = None  # how probable it is by what was learnt of it

    @property
    def key(self) -> str:
        """Which fault of which asset."""
        return self.fault.key

    @property
    def probability(self) -> float:
        """As it was learnt to tell it, else that the parameter is bent at all; never quite sure."""
        if self.recognised is not None:
            return self.recognised
        return (int((self.severity > FLOOR).sum()) + 0.5) / (len(self.severity) + 1)

    @property
    def median(self) -> float:
        """Of its severity."""
        return float(np.median(self.severity))

    @property
    def speaks(self) -> bool:
        """Whether anything is seen of it, or it was learnt how it looks."""
        return bool(self.strange) or self.recognised is not None

    def evidence(self, signature: Mapping[str, float]) -> tuple[Evidence, ...]:
        """Of what is strange, what the fault would have moved that way; where nobody knows that, all of it."""
        if self.fault.bends is None:
            return tuple(sorted(self.strange, key=lambda each: each.tag != self.fault.tag))
        return tuple(each for each in self.strange if signature.get(each.tag, 0.0) * each.residual > 0)


def declared_faults(twin: Twin, estimator: Estimator) -> list[Declared]:
    """Those of all assets."""
    known = {leeway.path: (k, i) for k, each in enumerate(estimator.parameters) for i, leeway in enumerate(each.leeways)}
    return [each for asset in twin.assets.values() for each in _of(asset, known, estimator)]


def findings(estimator: Estimator, faults: list[Declared], recognised: Mapping[str, float]) -> Iterator[Finding]:
    """Of each that can be told: its parameter is estimated, or it was learnt how probable it is."""
    spoken = _evidence(estimator)
    members = [each.members for each in estimator.parameters]
    for fault in faults:
        bends, probable = fault.bends, recognised.get(fault.key)
        if bends is not None:
            severity = (members[bends.group][:, bends.leeway] - bends.usual) / (bends.to - bends.usual)
            yield Finding(fault, severity, spoken.get(fault.asset, ()), probable)
        elif probable is not None:
            yield Finding(fault, _UNKNOWN, spoken.get(fault.asset, ()), probable)


def _of(asset: Asset, known: Mapping[str, tuple[int, int]], estimator: Estimator) -> Iterator[Declared]:
    for name, written in asset.faults.items():
        parameter, tag = str(written.get("parameter") or ""), str(written.get("tag") or "")
        bends = None
        if f"{asset.path}.{parameter}" in known and written.get("profile") in ("step", "ramp"):
            bends = _bent(written, parameter, *known[f"{asset.path}.{parameter}"], estimator)
        words = {key: str(written.get(key, "")) for key in ("label", "description", "action")}
        yield Declared(
            asset.path, name, words["label"] or name.replace("_", " ").capitalize(), words["description"], words["action"],
            _seconds(written.get("within"), "30 d"), _seconds(written.get("downtime"), "1 d"), bends,
            not parameter, f"{asset.path}.{tag}" if tag and "." not in tag else tag,
        )  # fmt: skip


def _bent(written: Mapping[str, object], parameter: str, k: int, i: int, estimator: Estimator) -> Bent | None:
    each = estimator.parameters[k]
    usual, model = each.usual_of(each.leeways[i]), each.group.model
    to = read_profile(written, model.parameters[each.group.row("parameters", parameter)].unit, of_tag=False).to
    return Bent(k, i, usual, to) if to != usual else None


def _evidence(estimator: Estimator) -> dict[str, tuple[Evidence, ...]]:
    """The tags of each asset that are far from what was expected, the farthest first."""
    found: dict[str, list[Evidence]] = {}
    far = np.abs(np.nan_to_num(estimator.residual)) >= SPEAKS
    for i in np.flatnonzero(far):
        tag, residual = estimator.judged[i].tag, float(estimator.residual[i])
        expected = float(estimator.expected[i])
        measured = expected + residual * float(estimator.spread[i])
        found.setdefault(tag.asset, []).append(
            Evidence(tag.path, round(measured, tag.decimals + 1), round(expected, tag.decimals + 1), residual)
        )
    return {asset: tuple(sorted(each, key=lambda e: -abs(e.residual))[:_MOST]) for asset, each in found.items()}


def _seconds(written: object, otherwise: str) -> float:
    return parse_duration(str(written or otherwise)) / SECOND
