"""Checkpoint: what an estimator knows by an instant; it goes on from there after a restart, and so does a fork."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from twins.estimation.estimator import FOLLOWERS, Estimator
from twins.record import Event, EventKind
from twins.simulation.members import ESTIMATOR, held_by, members_of, packed, unpacked

EVERY_NS = 60_000_000_000


def checkpoint(estimator: Estimator, now: int) -> Event:
    """States and parameters of all members, and what was learnt of instruments; written at `now`."""
    data = members_of(estimator.models, FOLLOWERS) | {
        "learnt": {name: [len(values), packed(values)] for name, values in estimator.learnt().items()},
        "tags": _tags(estimator),
    }
    return Event(now, EventKind.CHECKPOINT, ESTIMATOR, data=data)


def resumed(estimator: Estimator, event: Event) -> bool:
    """Whether the estimator goes on from a checkpoint; not where that is of other assets, tags or another form."""
    held, learnt = held_by(event), event.data.get("learnt")
    if held is None or not isinstance(learnt, Mapping) or event.data.get("tags") != _tags(estimator):
        return False
    try:
        told = {name: unpacked(text).reshape(rows, -1) for name, (rows, text) in learnt.items()}
    except (TypeError, ValueError, zlib.error):
        return False
    if {name: each.shape for name, each in told.items()} != {name: each.shape for name, each in estimator.learnt().items()}:
        return False
    estimator.models.take(held)
    estimator.resume(told)
    return True


def _tags(estimator: Estimator) -> list[list[str]]:
    return [[each.tag.path for each in estimator.judged], [each.tag.path for *_, each in estimator.inputs]]
