"""Who is guilty: the few sensors whose absence would leave nothing to say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twins.prognosis.anomaly.channels import Channels
from twins.prognosis.table import Array

AS_GOOD = 0.8  # of the greatest deviation from a relation: who deviates so far is suspected beside its owner


def guilty(ratios: Array, channels: Channels) -> tuple[int, ...]:
    """Places of sensors, worst first, of channels (k,) that deviate by `ratios` of their limits; 0 where by less than 1.

    Who deviates by itself is guilty, and what its relations say is explained by that. Of relations that are left, the worst
    tells: a sensor's deviation from all others over its own spread is its reconstruction-based contribution (Alcala and
    Qin, 2009), which a fault elsewhere can't smear as high. What it explains is left out, and so on.
    """
    over = ratios > 0
    found = [int(channels.owner[k]) for k in _worst_first(ratios, over & channels.own)]
    over &= ~channels.own & ~_touched(channels, found)
    while over.any():
        worst = max(ratios[over])
        also = [int(channels.owner[k]) for k in _worst_first(ratios, over & (ratios >= AS_GOOD * worst))]
        found += also
        over &= ~_touched(channels, also)
    return tuple(dict.fromkeys(found))


def _worst_first(ratios: Array, among: NDArray[np.bool_]) -> list[int]:
    places = np.flatnonzero(among)
    return [int(k) for k in places[np.argsort(-ratios[places], kind="stable")]]


def _touched(channels: Channels, sensors: list[int]) -> NDArray[np.bool_]:
    return (channels.mixing[:, sensors] != 0).any(axis=1)
