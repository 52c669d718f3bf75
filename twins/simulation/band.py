"""Band: what members tell together, as the middle and the interval that holds one more like them in 90 % of cases."""

from __future__ import annotations

import numpy as np

from twins.physics import Array

LEVELS = (0.05, 0.5, 0.95)


def band(told: Array, axis: int) -> Array:
    """(level, …) of what members along `axis` tell; who tells NaN is left out. Of n members one more lies below the k-th in
    k/(n + 1) of cases (Weibull 1939); by numpy's usual quantiles the interval of 64 would hold it in 87 %. Fewer than 19
    members can't tell so much: then it is from the lowest to the highest."""
    quantile = np.nanquantile if np.isnan(told).any() else np.quantile
    found: Array = quantile(told, LEVELS, axis=axis, method="weibull")
    return found


def whole_band(told: Array) -> Array:
    """(level,) of n members one of which may tell infinity: values that a member has, the next one outwards; NaN is infinity."""
    ordered, ranks = np.sort(np.where(np.isnan(told), np.inf, told)), np.array(LEVELS) * (len(told) + 1)
    outwards = np.where(np.array(LEVELS) > 0.5, np.ceil(ranks), np.floor(ranks))
    return ordered[np.clip(outwards, 1, len(told)).astype(np.intp) - 1]
