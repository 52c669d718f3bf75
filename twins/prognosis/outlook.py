"""An outlook: the members that follow the plant go on as it is now, until they pass a limit or the horizon is reached."""

from __future__ import annotations

import numpy as np

from twins.asset import Twin
from twins.clock import HOUR, MINUTE, SECOND
from twins.estimation.estimator import FOLLOWERS, Estimator
from twins.estimation.update import Truths
from twins.physics import Array
from twins.prognosis.going_on import followers_of, going_on, haste_of
from twins.prognosis.lately import Lately
from twins.prognosis.prediction import Life
from twins.simulation.band import band, whole_band
from twins.simulation.ensemble import Ensemble

_PHASES = ((30 * MINUTE, 10 * SECOND), (6 * HOUR, MINUTE))  # until when, in which steps
_STEPS_A_TURN = 24
_APART = 1.15  # each point of a path is so many times as far away as the one before
_HARD = ("high_high", "low_low")
_UNSURE = 120.0  # s in which nobody knows what an asset is like that is not what it was thought to be
_FEWEST = 8  # courses; where fewer are still possible an outlook is refuted


class Outlook:
    """Set-points stay as they are, and what drives the models goes on as it did lately. `go_on` takes a few steps at a time, so
    that whoever waits can do other things."""

    def __init__(self, twin: Twin, estimator: Estimator, lately: Lately) -> None:
        self._courses = lately.courses(estimator, FOLLOWERS)
        self._twin, self.made_at, haste = twin, estimator.time, haste_of(estimator)
        self._phases = [(round(until * haste), round(step * haste)) for until, step in _PHASES]
        self._stride = max(1, round(_STEPS_A_TURN * haste * haste))
        self._models, self._phase = going_on(twin, estimator, self._phases[0][1], followers_of(estimator), FOLLOWERS), 0
        judged = {each.tag.path for each in estimator.judged}
        self._limits = [
            (k, tag, name, value)
            for k, tag in enumerate(self._models.readout.tags)
            for name, value in tag.limits.named().items()
            if name in _HARD and tag.path in judged
        ]
        self._rows = np.array([k for k, *_ in self._limits], np.intp)
        self._value = np.array([value for *_, value in self._limits]).reshape(-1, 1)
        self._up = np.array([name.startswith("high") for *_, name, _ in self._limits], bool).reshape(-1, 1)
        self._passed = np.full((len(self._limits), FOLLOWERS), np.nan)
        self._paths: list[tuple[float, Array]] = []  # s, and (limit, quantile)
        self._unsure = _unsure(estimator)
        self._before: Truths | None = None  # who is past which limit from the beginning

    @property
    def done(self) -> bool:
        """The horizon is reached."""
        return self._models.time >= self.made_at + self._phases[-1][0]

    def go_on(self) -> None:
        """A few steps, for each of the estimator's."""
        for _ in range(self._stride):
            if self.done:
                return
            if self._models.time >= self.made_at + self._phases[self._phase][0]:
                self._lengthen()
            self._courses.drive(self._models, self._models.step_ns / SECOND)
            self._models.advance()
            self._watch()

    def _lengthen(self) -> None:
        """What is farther away is reckoned in longer steps."""
        self._phase += 1
        before = self._models
        self._models = Ensemble(self._twin, before.time, self._phases[self._phase][1], before.seed, FOLLOWERS, still=True)
        self._models.take(before.held())

    def _watch(self) -> None:
        values = self._models.values()[self._rows]
        past = np.where(self._up, values >= self._value, values <= self._value)
        if self._before is None:
            self._before = past  # an alarm has said so already
        left = (self._models.time - self.made_at) / SECOND
        if not self._paths or left >= _APART * self._paths[-1][0]:
            self._paths.append((left, band(values, axis=1).T))
        self._passed = np.where(past & ~self._before & np.isnan(self._passed), left, self._passed)

    def life_of(self, asset: str, estimator: Estimator) -> Life | None:
        """What is left now to the limit of an asset that most members pass, the soonest; None where hardly any does. A limit that
        is passed by now is no prediction any more, and none is made of an asset that was hardly known when it began."""
        if asset in self._unsure:
            return None
        gone = (estimator.time - self.made_at) / SECOND
        found = [life for k in self._ahead(asset, estimator) if (life := self._life(k, gone))]
        return min(found, key=lambda life: (-round(life.share, 1), life.middle or np.inf), default=None)

    def refuted(self, asset: str, estimator: Estimator) -> bool:
        """Whether most courses have passed a limit of an asset by now that it has not passed, or it is known by now."""
        if asset in self._unsure:
            return asset not in _unsure(estimator)
        gone = (estimator.time - self.made_at) / SECOND
        return any(self._believed(k, gone).sum() < _FEWEST for k in self._ahead(asset, estimator))

    def _ahead(self, asset: str, estimator: Estimator) -> list[int]:
        """The limits of an asset that are not passed now."""
        now = estimator.models.values()[self._rows, :FOLLOWERS].mean(axis=1)
        past = np.where(self._up[:, 0], now >= self._value[:, 0], now <= self._value[:, 0])
        return [k for k, each in enumerate(self._limits) if each[1].asset == asset and not past[k]]

    def _believed(self, k: int, gone: float) -> Truths:
        """(member,): the courses that have not passed a limit yet, which it has not either."""
        return np.asarray(~(self._passed[k] <= gone))

    def power_of(self, asset: str) -> float:
        """Mean power of an asset at the end, kW; 0 where it tells none."""
        tags = self._models.readout.tags
        row = next((k for k, tag in enumerate(tags) if tag.asset == asset and tag.quantity == "power"), None)
        return 0.0 if row is None or tags[row].unit != "kW" else float(self._models.values()[row].mean())

    def _life(self, k: int, gone: float) -> Life | None:
        _, tag, name, value = self._limits[k]
        left = self._passed[k][self._believed(k, gone)] - gone
        share = float(np.isfinite(left).mean()) if len(left) >= _FEWEST else 0.0
        if share < 0.2:
            return None
        low, middle, high = (each if np.isfinite(each) else None for each in whole_band(left).tolist())
        if low is not None:
            low = max(low - self._phases[0][1] / SECOND, 0.0)  # somewhere within the step
        until = high or self._phases[-1][0] / SECOND
        near = [(left - gone, np.round(told[k], tag.decimals + 1).tolist()) for left, told in self._paths]
        path = [(left, low_, middle_, high_) for left, (low_, middle_, high_) in near if 0 <= left <= 1.5 * until]
        return Life(tag.path, name, value, low, middle, high, share, self._phases[-1][0] / SECOND, path)


def _unsure(estimator: Estimator) -> set[str]:
    """The assets that were lost a moment ago: their members are scattered as far as any fault could be."""
    return {asset for each in estimator.parameters for asset in each.anew(_UNSURE)}
