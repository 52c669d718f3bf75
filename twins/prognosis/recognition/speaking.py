"""What speaks for a fault that was recognised: the tags by whose signs one thinks of it, and what is odd about each.

A tag's share is what the fault's log-odds lose where its signs are made those of a sound asset, and what they gain where it
alone has what is seen: the first and the last step towards a Shapley value (Shapley 1953).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.physics import Array
from twins.prognosis.prediction import ROUGH, SILENT, STILL

BOTH_WAYS = ("residual lately", "residual for longer", "residual for long", "apart", "apart for long", "drifting")
ONE_WAY = (STILL, ROUGH, SILENT)  # what changes more often than usual, or less, is said by others of its signs
MOST = 4  # tags
_SPEAKS = 0.5  # of log-odds
_FARTHEST = 99.0


@dataclass(frozen=True, slots=True)
class Usual:
    """What sound assets show: the middle of each sign and how far it is from that by and large, both (f,)."""

    middle: Array
    spread: Array

    @classmethod
    def of(cls, signs: Array) -> Usual:
        """From looks (n, f) at sound ones."""
        if not len(signs):
            return cls(np.zeros(signs.shape[1]), np.ones(signs.shape[1]))
        middle = np.median(signs, axis=0)
        spread = np.maximum(1.4826 * np.median(np.abs(signs - middle), axis=0), 0.5 * signs.std(axis=0))
        return cls(middle, np.where(spread > 0, spread, 1.0))

    def check(self, signs: int) -> None:
        """Raises InputError where it can't be that of so many signs."""
        sound = self.middle.shape == self.spread.shape == (signs,)
        if not sound or not np.isfinite(self.middle).all() or not ((self.spread > 0) & np.isfinite(self.spread)).all():
            raise InputError("what sound assets show is damaged")


@dataclass(frozen=True, slots=True)
class Oddity:
    """The sign of a tag that is farthest from what is usual, `value` in the sign's own terms, `off` in deviations."""

    tag: str  # "" is all
    what: str  # one of BOTH_WAYS or ONE_WAY
    value: float
    off: float


def speaking(
    seen: Array, usual: Usual, names: Sequence[str], tags: Sequence[str], odds: Callable[[Array], Array]
) -> list[Oddity]:  # fmt: skip
    """`seen` (f,) of one asset; `odds` (n, f) → (n,) of the fault. The tags that speak for it, the loudest first."""
    own = {tag: _places(names, tag) for tag in ("", *tags)}
    rows = np.tile(seen, (2 * len(own) + 2, 1))
    rows[len(own) + 1 :] = usual.middle
    for k, at in enumerate(own.values()):
        rows[k, at] = usual.middle[at]
        rows[len(own) + 1 + k, at] = seen[at]
    told = odds(rows)
    without, whole, alone, nothing = told[: len(own)], told[len(own)], told[len(own) + 1 : -1], told[-1]
    shares = (whole - without + alone - nothing) / 2
    loud = [k for k in np.argsort(-shares)[:MOST] if shares[k] >= _SPEAKS]
    found = (_oddest(tag, own[tag], seen, usual, names) for tag in (list(own)[k] for k in loud))
    return [each for each in found if each is not None]


def _places(names: Sequence[str], tag: str) -> NDArray[np.intp]:
    return np.array([i for i, name in enumerate(names) if (name.startswith(f"{tag} ") if tag else name == SILENT)], np.intp)


def _oddest(tag: str, at: NDArray[np.intp], seen: Array, usual: Usual, names: Sequence[str]) -> Oddity | None:
    what = {i: names[i].removeprefix(f"{tag} ") for i in at}
    off = np.clip((seen - usual.middle) / usual.spread, -_FARTHEST, _FARTHEST)
    odd = [i for i in at if what[i] in BOTH_WAYS or (what[i] in ONE_WAY and off[i] > 0)]
    if not odd:
        return None
    oddest = max(odd, key=lambda i: abs(off[i]))
    return Oddity(tag, what[oddest], float(seen[oddest]), float(off[oddest]))
