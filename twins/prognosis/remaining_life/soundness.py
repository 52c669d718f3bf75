"""Whether the parts of a model that came from a file fit together, so that asking it can neither fail nor run wild."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import numpy as np

from twins import InputError
from twins.prognosis.remaining_life.card import as_markdown
from twins.prognosis.remaining_life.fleet import BEYOND, Array
from twins.prognosis.remaining_life.learners import Nets
from twins.prognosis.remaining_life.model import Model
from twins.prognosis.remaining_life.predictor import Predictor

Shaped = Iterator[tuple[Array, tuple[int, ...]]]


def check(model: Model) -> None:
    """Raises InputError; also KeyError, TypeError or the like where a card can't be told."""
    shapes = [*_predictor_shapes(model.predictor), *_other_shapes(model)]
    fits = all(part.shape == shape and part.dtype == np.float64 and (np.abs(part) < BEYOND).all() for part, shape in shapes)
    if not (fits and _sizes(model) and _numbers(model)):
        raise InputError("its parts do not fit together")
    model.predictor.learners.trees.check(len(model.predictor.centre))
    if any(unicodedata.category(sign) == "Cc" for sign in as_markdown(model.card).replace("\n", "")):
        raise InputError("its card is damaged")


def _predictor_shapes(p: Predictor) -> Shaped:
    s, c, k, a = len(p.scales.kept), len(p.regimes.columns), len(p.regimes), p.axes.shape[-1]
    features = 1 + len(p.spans) * a
    yield from ((p.regimes.centres, (k, c)), (p.regimes.spans, (c,)), (p.axes, (s, a)))
    yield from ((part, (k, s)) for part in (p.scales.mean, p.scales.spread))
    yield from ((part, (s,)) for part in (p.scales.low, p.scales.high))
    yield from ((part, (features,)) for part in (p.centre, p.spread, p.learners.line.weights))
    yield from _net_shapes(p.learners.nets, features)


def _net_shapes(nets: Nets, features: int) -> Shaped:
    """Each layer takes what the one before gives; the last gives one number."""
    wide = [features, *(weight.shape[-1] for weight in nets.weights[:-1]), 1]
    b = len(nets.weights[0])
    for i, (weight, offset) in enumerate(zip(nets.weights, nets.offsets, strict=True)):
        yield weight, (b, wide[i], wide[i + 1])
        yield offset, (b, wide[i + 1])


def _other_shapes(model: Model) -> Shaped:
    ages, knots = len(model.usual.ages), len(model.intervals.knots)
    yield model.usual.ages, (ages,)
    yield model.usual.sensors, (ages, len(model.predictor.spans), len(model.predictor.scales.kept))
    yield from ((part, (knots,)) for part in (model.intervals.knots, model.intervals.below, model.intervals.above))


def _sizes(model: Model) -> bool:
    """Nothing is empty, and nothing is so many that an answer would take all the memory there is."""
    p, n = model.predictor, len(model.sensors)
    few = (len(p.regimes), p.axes.shape[-1], len(p.spans), len(p.learners.nets.weights), len(p.learners.nets.weights[0]))
    filled = (len(p.scales.kept), len(model.usual.ages), len(model.intervals.knots))
    places = all(0 <= place < n for place in (*p.scales.kept, *p.regimes.columns))
    return all(0 < size < 100 for size in few) and all(filled) and places and p.scales.logged.shape == (len(p.scales.kept),)


def _numbers(model: Model) -> bool:
    """What must be above zero is, and the learners' weights sum to one."""
    p = model.predictor
    above = [p.longest, p.regimes.reach, p.cap or 1.0, *p.spread, *p.scales.spread.flat, *p.regimes.spans]
    weights = list(p.weights.values())
    sound = all(0 < number < BEYOND for number in above) and min(weights) >= 0 and abs(sum(weights) - 1) < 1e-6
    sound &= p.spans.ndim == 1 and bool((p.spans > 0).all())  # the last is endless
    sound &= abs(model.clock.start or 0.0) < BEYOND
    return sound and abs(p.learners.line.offset) < BEYOND and bool((np.diff(model.intervals.knots) >= 0).all())
