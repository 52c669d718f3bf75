"""The model's file: one zip of JSON and plain arrays, which is checked as a whole before anything of it is used."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from twins import InputError
from twins.historian.headings import told_apart
from twins.prognosis.packed import Parts, pack, unpacked, zipped
from twins.prognosis.remaining_life.drivers import Usual
from twins.prognosis.remaining_life.fleet import Layout
from twins.prognosis.remaining_life.health import Scales
from twins.prognosis.remaining_life.intervals import Intervals
from twins.prognosis.remaining_life.learners import Learners, Line, Nets
from twins.prognosis.remaining_life.lifetime import Clock
from twins.prognosis.remaining_life.model import VERSION, Model
from twins.prognosis.remaining_life.predictor import Predictor
from twins.prognosis.remaining_life.regimes import Regimes
from twins.prognosis.remaining_life.soundness import check
from twins.prognosis.trees import Forest

KIND = "a model of remaining useful life"


def save(model: Model, place: Path) -> None:
    """Whole or not at all. Raises InputError."""
    pack(place, _said(model), _parts(model))


def packed(model: Model) -> bytes:
    """The file's content."""
    return zipped(_said(model), _parts(model))


def load(place: Path) -> Model:
    """Raises InputError where the file is none of ours, or damaged."""
    return _opened(place, str(place))


def read(content: bytes, name: str) -> Model:
    """The same from a file's content."""
    return _opened(io.BytesIO(content), name)


def _opened(file: Path | io.BytesIO, place: str) -> Model:
    try:
        with zipfile.ZipFile(file) as archive:
            said, parts = unpacked(archive, KIND, VERSION)
        model = _model(said, parts)
        check(model)
        return model
    except FileNotFoundError:
        raise InputError(f"{place} does not exist; train a model with “rul train”") from None
    except InputError as error:
        raise InputError(f"{place} can't be used: {error}; train it again") from None
    except OSError as error:
        raise InputError(f"{place} can't be read: {(error.strerror or str(error)).lower()}") from None
    except Exception as error:  # noqa: BLE001 – whatever is wrong with a foreign file is its damage
        raise InputError(f"{place} is no model of “rul train”, or damaged ({type(error).__name__}); train it again") from None


def _parts(model: Model) -> Parts:
    p, learners = model.predictor, model.predictor.learners
    plain = {f"forest_{name}": getattr(learners.trees, name) for name in ("feature", "threshold", "left", "right", "value")}
    plain |= {f"nets_weights_{i}": part for i, part in enumerate(learners.nets.weights)}
    plain |= {f"nets_offsets_{i}": part for i, part in enumerate(learners.nets.offsets)}
    plain |= {"regimes_centres": p.regimes.centres, "regimes_spans": p.regimes.spans, "line": learners.line.weights}
    plain |= {f"scales_{name}": getattr(p.scales, name) for name in ("logged", "mean", "spread", "low", "high")}
    plain |= {"axes": p.axes, "spans": p.spans, "centre": p.centre, "spread": p.spread}
    plain |= {"usual_ages": model.usual.ages, "usual_sensors": model.usual.sensors}
    return plain | {f"intervals_{name}": getattr(model.intervals, name) for name in ("knots", "below", "above")}


def _said(model: Model) -> dict[str, Any]:
    p, layout = model.predictor, model.layout
    return {
        "kind": KIND,
        "version": VERSION,
        "layout": {"unit": layout.unit, "time": layout.time, "headed": layout.headed, "delimiter": layout.delimiter},
        "sensors": list(model.sensors),
        "cap": p.cap,
        "longest": p.longest,
        "settings": list(p.regimes.columns),
        "reach": p.regimes.reach,
        "kept": list(p.scales.kept),
        "weights": p.weights,
        "line_offset": p.learners.line.offset,
        "clock": {"dated": model.clock.dated, "start": model.clock.start},
        "card": model.card,
    }


def _model(said: dict[str, Any], parts: Parts) -> Model:
    layers = sum(name.startswith("nets_weights_") for name in parts)
    nets = Nets(*(tuple(parts[f"nets_{part}_{i}"] for i in range(layers)) for part in ("weights", "offsets")))
    forest = Forest(*(parts[f"forest_{name}"] for name in ("feature", "threshold", "left", "right", "value")))
    learners = Learners(Line(parts["line"], float(said["line_offset"])), forest, nets)
    regimes = Regimes(_places(said["settings"]), parts["regimes_centres"], parts["regimes_spans"], float(said["reach"]))
    scales = Scales(_places(said["kept"]), *(parts[f"scales_{name}"] for name in ("logged", "mean", "spread", "low", "high")))
    cap = None if said["cap"] is None else float(said["cap"])
    rest = (parts["axes"], parts["spans"], parts["centre"], parts["spread"])
    weights = {name: float(said["weights"][name]) for name in ("line", "trees", "nets")}
    predictor = Predictor(cap, float(said["longest"]), regimes, scales, *rest, learners, weights)
    asked = said["layout"]
    sign = asked["delimiter"] if asked["delimiter"] is None else _text(asked["delimiter"])
    layout = Layout(_text(asked["unit"]), _text(asked["time"]), bool(asked["headed"]), sign)
    usual = Usual(parts["usual_ages"], parts["usual_sensors"])
    intervals = Intervals(*(parts[f"intervals_{name}"] for name in ("knots", "below", "above")))
    return Model(
        layout, tuple(map(_text, said["sensors"])), predictor, usual, intervals, dict(said["card"]), _clock(said.get("clock"))
    )


def _clock(asked: Any) -> Clock:
    """Older files say nothing of it."""
    if asked is None:
        return Clock()
    dated, start = asked["dated"], asked["start"]
    if not (dated is None or isinstance(dated, bool)):
        raise InputError("its clock is damaged")
    return Clock(dated, None if start is None else float(start))


def _places(asked: list[Any]) -> tuple[int, ...]:
    return tuple(int(place) for place in asked)


def _text(asked: Any) -> str:
    if not isinstance(asked, str) or told_apart([asked]) != (asked,):
        raise InputError("its names are damaged")
    return asked
