"""Parameters that wander: about what the package says, as far and as quickly as it allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from twins import InputError
from twins.asset import Twin, unit_of, wandering
from twins.clock import SECOND, parse_duration
from twins.expression import conversion
from twins.physics import Array, difference, keyed_generator, read_profile
from twins.simulation.band import band
from twins.simulation.composition import Group
from twins.simulation.ensemble import Ensemble

_CLOSEST = 1 / 8  # of its spread, where the package says nothing
_NEW = 60.0  # s; at its beginning a parameter is known so much less well
_DOUBTED = 120.0  # s; so long after a jump it is not known better than that part of its spread


@dataclass(frozen=True, slots=True)
class Leeway:
    """How far one instance's parameter may wander from what the package says, one deviation, in how many seconds; in SI."""

    path: str
    instance: int
    spread: float
    over: float
    factor: float  # SI → the unit that it is told in
    offset: float
    closest: float  # the deviation that it is never known better than: a model's own errors are no noise that averages out
    reach: float = 0.0  # to where the farthest declared fault bends it, from the usual


class Wandering:
    """One parameter of some instances of a group: an Ornstein–Uhlenbeck process of each about what the package says."""

    def __init__(self, group: Group, row: int, leeways: Sequence[Leeway], followers: int) -> None:
        self.group, self._row, self._followers, self.leeways = group, row, followers, tuple(leeways)
        self._at = np.array([each.instance for each in leeways], np.intp)
        self._spread = np.array([each.spread for each in leeways])
        self._reach = np.array([each.reach for each in leeways])
        self._over = np.array([each.over for each in leeways])
        self._closest = np.array([each.closest for each in leeways])
        self._followed = np.inf  # s, since it was begun here
        self._jumped: Array = np.full(len(leeways), np.inf)  # s, since it was begun anew
        self._usual = group.parameters[row, 0, self._at].copy()
        self._low, self._high = group.model.parameters[row].low, group.model.parameters[row].high

    @property
    def name(self) -> str:
        """The parameter's, as its model has it."""
        return self.group.model.parameters[self._row].name

    @property
    def members(self) -> Array:
        """What those that follow have: (member, leeway) in SI."""
        return self.group.parameters[self._row, : self._followers, self._at].T

    @property
    def everywhere(self) -> Array:
        """The same for all instances: (member, instance)."""
        return self.group.parameters[self._row, : self._followers]

    def usual_of(self, leeway: Leeway) -> float:
        """What the package says, in SI."""
        return float(self._usual[self.leeways.index(leeway)])

    def begin(self, seed: int) -> None:
        """Drawn about the usual, which they have on the average."""
        drawn = self._noise(seed, 0)
        self._followed = 0.0
        self._put(self._usual + self._spread * (drawn - drawn.mean(axis=0)) / drawn.std(axis=0))

    def wander(self, t: int, dt: float) -> None:
        """One exact step that ends at t (ns)."""
        self._followed += dt
        self._jumped += dt
        kept = np.exp(-dt / self._over)
        noise = self._noise(self.group.seed, t)
        self._put(self._usual + (self.members - self._usual) * kept + self._spread * np.sqrt(1 - kept**2) * noise)

    def reopen(self, times: Array, t: int) -> None:
        """Where `times` (instance,) is above 0, all begins anew about what it is by now, twice as wide each time; at once so wide
        that a fault which the package declares is within reach."""
        centre, noise = self.members.mean(axis=0), self._noise(self.group.seed + 1, t)
        far = np.maximum(self._spread * 2.0 ** times[self._at], self._reach / 2)
        wide = centre + far * noise
        self._jumped[times[self._at] > 0] = 0.0
        self._put(np.where(times[self._at] > 0, wide, self.members))

    def take(self, values: Array, surprise: Array) -> None:
        """From (member, instance). They are never closer together than a parameter can be known (Aksoy et al. 2006,
        doi:10.1175/MWR3224.1), and so many times less where measurements surprise (instance,), but not below what
        nothing is said of; what goes wrong in the first seconds is not soon made good, so that they draw together slowly."""
        found = values[:, self._at]
        own = found - found.mean(axis=0)
        new = self._closest * np.sqrt(1 + _NEW / max(self._followed, 1.0))
        jumped = np.where(self._jumped < _DOUBTED, _CLOSEST * self._spread, 0.0)
        surprised = np.minimum(new * (1 + surprise[self._at]), _CLOSEST * self._spread)
        least = np.minimum(np.maximum.reduce([new, surprised, jumped]), self._spread)
        due = least / np.maximum(own.std(axis=0), 1e-300)
        self._put(found + own * np.maximum(due - 1, 0.0))

    def quantiles(self) -> Array:
        """(leeway, quantile) of those that follow, each in the unit that it is told in."""
        factor, offset = np.array([[each.factor, each.offset] for each in self.leeways]).T
        return (band(self.members, axis=0) * factor + offset).T

    def anew(self, within: float) -> set[str]:
        """The assets whose parameter began anew within the last so many s."""
        return {each.path.rpartition(".")[0] for each, gone in zip(self.leeways, self._jumped, strict=True) if gone < within}

    def settled(self) -> None:
        """It goes on with what another knew."""
        self._followed = np.inf

    def _noise(self, seed: int, t: int) -> Array:
        name = f"{self.group.name} parameter {self._row}"
        return keyed_generator(seed, name, t).standard_normal((self._followers, len(self._at)))

    def _put(self, values: Array) -> None:
        self.group.parameters[self._row, : self._followers, self._at] = np.clip(values, self._low, self._high).T


def wandering_of(twin: Twin, models: Ensemble, followers: int) -> Sequence[Wandering]:
    """All of a twin. Raises InputError."""
    found: dict[tuple[int, int], tuple[Group, list[Leeway]]] = {}
    for path in twin.assets:
        for group, row, leeway in _of_asset(twin, path, models):
            found.setdefault((id(group), row), (group, []))[1].append(leeway)
    return [Wandering(group, row, leeways, followers) for (_, row), (group, leeways) in found.items()]


def _of_asset(twin: Twin, path: str, models: Ensemble) -> Iterator[tuple[Group, int, Leeway]]:
    for name, written in wandering(twin.assets[path]).items():
        try:
            group, i = models.of(path)
            row = group.row("parameters", name)
            if row < 0:
                raise ValueError(f"its model has no parameter “{name}”; “check” tells what there is")
            unit = group.model.parameters[row].unit
            spread, over = difference(written["spread"], unit), parse_duration(str(written.get("over", "1 d")))
            told = conversion(unit, unit_of(written["spread"]))
            reach = _reach(twin, path, name, unit, float(group.parameters[row, 0, i]))
            closest = difference(written["known_to"], unit) if "known_to" in written else _CLOSEST * spread
            found = Leeway(f"{path}.{name}", i, spread, over / SECOND, *told, closest, reach)
        except KeyError:
            raise InputError(f"{path}: there is no model whose parameters could be estimated") from None
        except ValueError as problem:
            raise InputError(f"{path}: {problem}") from None
        yield group, row, found


def _reach(twin: Twin, path: str, name: str, unit: str, usual: float) -> float:
    bent = [each for each in twin.assets[path].faults.values() if each.get("parameter") == name]
    ends = [read_profile(each, unit, of_tag=False).to for each in bent if each.get("profile") in ("step", "ramp")]
    return max((abs(end - usual) for end in ends), default=0.0)
