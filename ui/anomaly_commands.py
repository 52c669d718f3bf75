"""Anomalies, from the command line: a score, a verdict and the guilty tags for each row of a table."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twins import InputError
from ui.terminal import interruptible, print_rows, progress
from ui.typed import AsJson, UntilEof

if TYPE_CHECKING:
    from twins.prognosis.anomaly.judging import Judged


def add_to(app: typer.Typer) -> None:
    """Makes this command known."""

    @app.command()
    def anomaly(
        table: Annotated[Path, typer.Argument(help="A .csv, .csv.gz or .parquet file: one row an instant, one column a tag.")],
        train_rows: Annotated[
            int | None, typer.Option(help="How many rows at the beginning are clean; learnt from these.")
        ] = None,
        sep: Annotated[str | None, typer.Option(help="The sign between cells; default: found out.")] = None,
        no_header: Annotated[bool, typer.Option(help="The first line is a row; columns are called 1, 2, …")] = False,
        false_alarms: Annotated[str, typer.Option(help="Of clean rows, how many may be called anomalous; default: 1%.")] = "",
        smoothing: Annotated[
            int | None, typer.Option(min=1, max=100_000, help="Rows over which a shift is seen; default: 30.")
        ] = None,
        condition: Annotated[
            list[str] | None,
            typer.Option(
                help="A column that is not judged but explains others, like wind_speed; outside its clean range: don't know."
            ),
        ] = None,
        ignore: Annotated[list[str] | None, typer.Option(help="A column that is no evidence; may be repeated.")] = None,
        to: Annotated[Path | None, typer.Option("--to", help="A file to keep what was learnt in.")] = None,
        model: Annotated[Path | None, typer.Option(help="Judge by this file, learn nothing.")] = None,
        json_: AsJson = False,
        until_eof: UntilEof = False,
    ) -> None:
        """A score, a verdict and the guilty tags for each row, by what the first rows teach."""
        from twins.historian.drafting import MODEL, refuse_bad_place
        from twins.prognosis.anomaly import judging, model_file
        from twins.prognosis.table import MeasuredTable

        if train_rows is None and model is None:
            raise InputError(
                "say how many rows at the beginning are clean with --train-rows N, or judge by a file with --model FILE"
            )
        if train_rows is not None and model is not None:
            raise InputError("--train-rows learns and --model judges by what was learnt; leave one of them out")
        if to is not None:
            refuse_bad_place(to, MODEL)
        if model is not None and (condition or ignore or to or false_alarms or smoothing):
            raise InputError("--model judges by what was learnt; leave out all but --sep, --no-header and --json, or learn anew")
        with progress("reading", json_, until_eof) as say, interruptible(until_eof) as cancelled:
            if model is not None:
                learnt = model_file.load(model)
                judged = judging.judge_by(learnt, MeasuredTable(table, sep, not no_header), say, cancelled)
            else:
                asked = tuple(condition or ()), tuple(ignore or ())
                how = _share(false_alarms or "1%"), smoothing or 30
                measured = MeasuredTable(table, sep, not no_header)
                judged = judging.judge_by_its_first_rows(measured, train_rows or 0, *asked, *how, say, cancelled)
        if to is not None:
            model_file.save(judged.learnt, to)
        _print_json(judged) if json_ else _print(judged)


def _share(text: str) -> float:
    """A part of one, as 1% or 0.01."""
    number = text.strip().removesuffix("%")
    try:
        share = float(number) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 < share < 0.5:
        raise InputError(f"--false-alarms “{text}” is not a part between 0 and 50 %; write it like 1% or 0.01")
    return share


def _told(judged: Judged) -> dict[str, Any]:
    from twins.prognosis.anomaly.judging import episodes

    channels = judged.learnt.channels
    wandering = {channels.sensors[i] for i in channels.owner[judged.learnt.wanders & channels.own]}
    return {
        "sensors": list(channels.sensors),
        "wandering": [name for name in channels.sensors if name in wandering],
        "conditions": list(channels.conditions),
        "left_out": judged.left_out,
        "threshold": 1.0,
        "false_alarms": judged.learnt.false_alarms,
        "train_rows": judged.learnt.rows,
        "episodes": [
            {"from": e.first, "to": e.last, "since": e.since, "guilty": list(e.guilty), "peak": round(e.peak, 4)}
            for e in episodes(judged.verdicts, judged.learnt.smoothing)
        ],
    }


def _print_json(judged: Judged) -> None:
    """All facts, then the rows; msgspec, since a million rows are many."""
    import msgspec

    rows = [
        {
            "score": round(v.score, 4) if v.score == v.score else None,
            "anomaly": v.anomaly,
            "guilty": v.guilty,
            "since": v.since,
            "known": v.known,
        }
        for v in judged.verdicts
    ]
    head = msgspec.json.encode(_told(judged)).decode()
    sys.stdout.write(head[:-1] + ',"rows":' + msgspec.json.encode(rows).decode() + "}\n")


def _print(judged: Judged) -> None:
    told = _told(judged)
    n, found = len(judged.verdicts), sum(v.anomaly for v in judged.verdicts)
    unknown = sum(not v.known for v in judged.verdicts)
    print(f"{n:,} rows, judged by {told['train_rows']:,} clean ones: {found:,} anomalous, {unknown:,} unknown")
    print(f"sensors    {', '.join(told['sensors'])}")
    for key, what in (("wandering", "judged by their moves, since they keep no level"), ("conditions", "explain the others")):
        if told[key]:
            print(f"{key:10} {', '.join(told[key])} ({what})")
    for name, reason in told["left_out"].items():
        print(f"left out   {name}: {reason}")
    rows = [[e["from"], e["to"], e["since"], e["peak"], ", ".join(e["guilty"])] for e in told["episodes"]]
    if rows:
        print_rows(["from", "to", "since", "peak", "guilty"], ["row", "row", "row", "", ""], rows)
