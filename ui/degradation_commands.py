"""Degradation, from the command line: when one unit's own trend passes a threshold."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twins import InputError
from ui.terminal import interruptible, plain, print_json, progress

if TYPE_CHECKING:
    import numpy as np

    from twins.prognosis.degradation.passage import Passage, Span
    from twins.prognosis.table import MeasuredTable


def add_to(app: typer.Typer) -> None:
    """Makes this command known."""

    @app.command()
    def degradation(
        table: Annotated[Path, typer.Argument(metavar="TABLE", help="CSV or Parquet, a row a reading.")],
        value: Annotated[str, typer.Option(help="The column of what degrades: its name or number.")],
        time: Annotated[str, typer.Option(help="The column of times: numbers (hours, cycles, …) or dates.")],
        threshold: Annotated[str, typer.Option(metavar="NUMBER", help="The value at which the unit's life ends.")],
        unit: Annotated[str, typer.Option(help="The column that tells units apart.")] = "",
        of: Annotated[str, typer.Option(help="The unit that is meant, as that column names it.")] = "",
        until: Annotated[str, typer.Option(help="Pass over rows after this time.")] = "",
        direction: Annotated[str, typer.Option(help="rising or falling; default: as the history says.")] = "",
        sep: Annotated[str | None, typer.Option(help="The sign between cells; default: found out.")] = None,
        no_header: Annotated[bool, typer.Option("--no-header", help="The first row is a reading; columns are numbered.")] = False,
        json_: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
    ) -> None:
        """When one unit's level passes a threshold, as a distribution, foreseen from its own history alone."""
        from twins.prognosis.degradation.passage import foreseen
        from twins.prognosis.table import MeasuredTable

        if direction not in ("", "rising", "falling"):
            raise InputError(f"--direction “{direction}” is neither rising nor falling; write one of them, or leave it out")
        limit = _number(threshold)
        with progress("degradation", json_) as say, interruptible() as cancelled:
            read = MeasuredTable(table, sep, not no_header)
            asked = tuple(name for name in (value, time, unit) if name)
            clock = read.column(time, asked)
            first = read.origin(clock)
            times, values = _history(read, read.column(value, asked), clock, _unit(read, unit, of, asked), _until(until, first))
            passage = foreseen(times, values, limit, direction, told=say, cancelled=cancelled)
        told = _told(passage, first) | {"warning": None if unit else _doubt(table, times, values)}
        if told["warning"]:
            print(plain(f"twindeck: {told['warning']}"), file=sys.stderr)
        print_json(told) if json_ else _print(told)


def _number(threshold: str) -> float:
    try:
        return float(threshold)
    except ValueError:
        raise InputError(f"--threshold “{threshold}” is no number; write one like 1.4") from None


def _doubt(table: Path, times: np.ndarray, values: np.ndarray) -> str | None:
    """A sentence where the rows are rather those of several units."""
    from twins.prognosis.degradation.history import disputed

    if (share := disputed(times, values)) <= 0.5:
        return None
    said = f"{share:.0%} of the rows of {table} have times with other values too, of which the medians were taken"
    return f"{said}; if the table holds several units, say which is meant with --unit and --of"


def _unit(read: MeasuredTable, unit: str, of: str, asked: tuple[str, ...]) -> tuple[str, str] | None:
    """The column of units and the unit meant."""
    if not unit:
        if of:
            raise InputError(f"--of “{of}” needs --unit, the column that tells units apart")
        return None
    column = read.column(unit, asked)
    known = list(dict.fromkeys(read.words(column)))
    if not of and len(known) > 1:
        listed = ", ".join(known[:8]) + (" …" if len(known) > 8 else "")
        raise InputError(f"{read.path} holds {len(known)} units ({listed}); say which is meant with --of")
    if of and of not in known:
        listed = ", ".join(known[:8]) + (" …" if len(known) > 8 else "")
        raise InputError(f"the column “{column}” of {read.path} holds no unit “{of}”; it has {listed}")
    return column, of or known[0]


def _until(until: str, first: int | None) -> float | None:
    """In the clock of the table."""
    from twins.clock import SECOND
    from ui.terminal import instant

    if not until:
        return None
    try:
        return float(until.replace(",", "."))
    except ValueError:
        if first is None:
            raise InputError(
                f"--until “{until}” is no number, and the times of the table are numbers; write it like 120"
            ) from None
        return (instant(until) - first) / SECOND


def _history(
    read: MeasuredTable, value: str, clock: str, unit: tuple[str, str] | None, until: float | None
) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    times, values = read.instants(clock), read.numbers(value)
    if not np.isfinite(values).any():
        raise InputError(f"the column “{value}” of {read.path} holds no numbers")
    kept = np.ones(len(times), bool) if unit is None else np.array(read.words(unit[0])) == unit[1]
    if until is not None:
        kept &= times <= until
        if not kept.any():
            raise InputError(f"{read.path} holds no rows until {until:g}; give a later --until")
    return times[kept], values[kept]


def _told(passage: Passage, first: int | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "at": passage.at,
        "value": passage.value,
        "threshold": passage.threshold,
        "direction": passage.direction,
        "already_passed": passage.since is not None,
        "since": passage.since,
        "crossing": _three(passage.crossing),
        "remaining": _three(passage.remaining),
        "probability_ever": passage.chance,
        "horizon": passage.horizon,
        "model": passage.weights[0][0] if passage.weights else None,
        "models": [{"name": name, "weight": weight} for name, weight in passage.weights],
        "path": None,
        "sentence": passage.sentence,
    }
    if passage.path is not None:
        fan = passage.path
        told["path"] = {name: getattr(fan, name).tolist() for name in ("time", "p05", "p50", "p95")}
    if first is not None:
        if passage.since is not None:
            told["since_time"] = _stamp(passage.since, first)
            told["sentence"] = f"the threshold {passage.threshold:.12g} was passed at {told['since_time']}"
        told["at_time"] = _stamp(passage.at, first)
        told["crossing_time"] = {name: _stamp(when, first) for name, when in told["crossing"].items()}
    return told


def _three(span: Span) -> dict[str, float | None]:
    return {"median": span.median, "low": span.low, "high": span.high}


def _stamp(seconds: float | None, first: int) -> str | None:
    """ISO 8601 in UTC; None beyond what a calendar of int64 ns holds."""
    from twins.clock import SECOND, format_time

    if seconds is None or abs(when := first + seconds * SECOND) > 9.2e18:
        return None
    return format_time(round(when / SECOND) * SECOND)


def _print(told: dict[str, Any]) -> None:
    from twins.prognosis.degradation.first_passage import FAR
    from twins.prognosis.degradation.passage import written

    when = told.get("crossing_time") or told["crossing"]
    apart, length = abs(told["threshold"] - told["value"]), (told["horizon"] - told["at"]) / FAR
    value, threshold = written(told["value"], apart), f"{told['threshold']:.12g}"
    print(f"at {told.get('at_time') or told['at']}: {value}, threshold {threshold}, {told['direction']}")
    if told["already_passed"]:
        print(told["sentence"])
        return
    for name, span in (("passed at", when), ("remaining", told["remaining"])):
        shown = {key: "beyond" if x is None else x if isinstance(x, str) else written(x, length) for key, x in span.items()}
        print(f"{name:10} {shown['median']}  (90 %: {shown['low']} … {shown['high']})")
    print(told["sentence"])
    for each in told["models"][:6]:
        print(f"{each['weight']:6.1%}  {each['name']}")
