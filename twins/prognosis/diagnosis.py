"""Diagnosis: which of the faults that a package declares would bend parameters to what was estimated of them."""

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


@dataclass(frozen=True, slots=True)
class Declared:
    """A fault of a parameter that is estimated; `usual` and `to` in SI."""

    asset: str
    name: str
    label: str
    description: str
    action: str
    within: float  # s
    downtime: float  # s
    group: int  # the place of its parameter among the estimator's
    leeway: int
    usual: float
    to: float


@dataclass(frozen=True, slots=True)
class Finding:
    """How severe a fault is in each member, 0 sound … 1 as declared, and the tags of its asset that are far from expected."""

    fault: Declared
    severity: Array
    strange: tuple[Evidence, ...]

    @property
    def key(self) -> str:
        """Which fault of which asset."""
        return f"{self.fault.asset}.{self.fault.name}"

    @property
    def probability(self) -> float:
        """That the parameter is bent at all; never quite sure."""
        return (int((self.severity > FLOOR).sum()) + 0.5) / (len(self.severity) + 1)

    def evidence(self, signature: Mapping[str, float]) -> tuple[Evidence, ...]:
        """Of what is strange, what the fault would have moved that way."""
        return tuple(each for each in self.strange if signature.get(each.tag, 0.0) * each.residual > 0)


def declared_faults(twin: Twin, estimator: Estimator) -> list[Declared]:
    """Those of all assets whose parameter is estimated and has a value that it goes to."""
    known = {
        leeway.path: (k, i, each.usual_of(leeway))
        for k, each in enumerate(estimator.parameters)
        for i, leeway in enumerate(each.leeways)
    }
    return [each for asset in twin.assets.values() for each in _of(asset, known, estimator)]


def findings(estimator: Estimator, faults: list[Declared]) -> Iterator[Finding]:
    """What the estimator's members say of each."""
    spoken = _evidence(estimator)
    members = [each.members for each in estimator.parameters]
    for fault in faults:
        values = members[fault.group][:, fault.leeway]
        severity = (values - fault.usual) / (fault.to - fault.usual)
        yield Finding(fault, severity, spoken.get(fault.asset, ()))


def _of(asset: Asset, known: dict[str, tuple[int, int, float]], estimator: Estimator) -> Iterator[Declared]:
    for name, written in asset.faults.items():
        parameter = str(written.get("parameter", ""))
        if f"{asset.path}.{parameter}" not in known or written.get("profile") not in ("step", "ramp"):
            continue
        k, i, usual = known[f"{asset.path}.{parameter}"]
        group = estimator.parameters[k].group
        to = read_profile(written, group.model.parameters[group.row("parameters", parameter)].unit, of_tag=False).to
        if to != usual:
            words = {key: str(written.get(key, "")) for key in ("label", "description", "action")}
            yield Declared(
                asset.path, name, words["label"] or name.replace("_", " ").capitalize(), words["description"], words["action"],
                _seconds(written.get("within"), "30 d"), _seconds(written.get("downtime"), "1 d"), k, i, usual, to,
            )  # fmt: skip


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
