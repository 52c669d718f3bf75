"""Predictions, from the command line: what stands, what came of what was said, and the work that follows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from twins import InputError
from ui.stretch import opened, span_of
from ui.terminal import instant, print_json, print_rows
from ui.typed import AsJson, File

At = Annotated[str, typer.Option(help="The instant, ISO 8601; default: the last.")]


def add_to(app: typer.Typer) -> None:
    """Makes these commands known."""
    for deed in (predictions, maintenance):
        app.command()(deed)
    app.command("track-record")(track_record)


def predictions(file: File, at: At = "", json_: AsJson = False) -> None:
    """What was foreseen at an instant, as it was known then, the greatest risk first."""
    from twins.prognosis.maintenance import rows, why, work_list
    from twins.record import EventKind

    with _standing(file, at) as (events, notice):
        work = sorted(work_list(events(EventKind.PREDICTION)), key=lambda each: -each.risk_hours)
    if json_:
        also = {"notice": notice} if notice else {}
        print_json([row | why(each) | also for row, each in zip(rows(work), work, strict=True)])
        return
    heads = ("asset", "label", "probability", "left_middle_h", "risk_h", "deadline", "verdict")
    if work:
        print_rows(heads, [""] * len(heads), [["" if row[name] is None else row[name] for name in heads] for row in rows(work)])
    else:
        print("nothing was foreseen then")
    if notice:
        print(notice)


def maintenance(
    file: File, to: Annotated[Path, typer.Option("--to", help="OUT.csv")], at: At = "", json_: AsJson = False
) -> None:
    """The list of work with deadlines, standstill and lost energy, as CSV."""
    from twins.historian.drafting import drafted
    from twins.prognosis.maintenance import as_csv, work_list
    from twins.record import EventKind

    if to.suffix.lower() != ".csv":
        raise InputError(f"{to}: a maintenance list is a .csv; write --to work.csv")
    with _standing(file, at) as (events, notice):
        work = work_list(events(EventKind.PREDICTION))
    with drafted(to, over=True) as draft:
        draft.write_text(as_csv(work, notice), encoding="utf-8")
    told = {"file": str(to), "rows": len(work)}
    print_json(told) if json_ else print(f"{to}: {len(work)} rows")


def track_record(file: File, json_: AsJson = False) -> None:
    """Of every prediction that said when a limit would be passed: when it was, and how honest that was."""
    from twins.clock import format_time
    from twins.prognosis.track_record import calibration, coverage, outcomes, reliability

    with opened(file) as record:
        span = record.span()
        found = list(outcomes(record, span[0], span[1] + 1)) if span else []
    rows = [
        {
            "made_at": format_time(each.prediction.time), "asset": each.prediction.asset, "fault": each.prediction.fault,
            "probability": each.prediction.probability, "tag": life.tag, "limit": life.limit, "low_s": life.low,
            "middle_s": life.middle, "high_s": life.high, "actual_s": each.actual, "held": each.held,
        }
        for each in found
        if (life := each.prediction.life) is not None
    ]  # fmt: skip
    told = {"predictions": rows, "coverage": coverage(found), "calibration": [list(pair) for pair in calibration(found)]}
    told["reliability"] = [list(each) for each in reliability(found)]
    if json_:
        print_json(told)
        return
    heads = ("made_at", "asset", "fault", "tag", "low_s", "middle_s", "high_s", "actual_s", "held")
    print_rows(heads, [""] * len(heads), [["" if row[name] is None else row[name] for name in heads] for row in rows])
    if (share := coverage(found)) is not None:
        print(f"{share:.0%} of the 90 % intervals held what happened")


@contextlib.contextmanager
def _standing(file: Path, at: str) -> Iterator:
    from twins.clock import MINUTE, format_time
    from twins.package.opening import notice_of

    with opened(file) as record:
        first, last = span_of(record)
        time = instant(at) if at else last
        if not first <= time <= last + MINUTE:  # what runs has gone on since
            raise InputError(f"--at {at} lies outside {file}, which goes from {format_time(first)} to {format_time(last)}")
        yield record.at(time).standing.of, notice_of(record.package_at(time))
