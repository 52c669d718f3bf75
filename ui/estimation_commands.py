"""Estimating, from the command line: what a twin makes of what was measured."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.stretch import opened, stretch
from ui.terminal import interruptible, print_json, print_rows, progress
from ui.typed import AsJson, UntilEof, package_of

if TYPE_CHECKING:
    from twins.estimation.history import Estimate

_TWIN = "Another package than the record's own, or the name of a twin that ships."
_TO = "A recording of the same, with what is estimated of it: expected values, residuals, parameters."


def add_to(app: typer.Typer) -> None:
    """Makes these commands known."""

    @app.command()
    def estimate(
        file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording.")],
        twin: Annotated[str, typer.Option(help=_TWIN)] = "",
        from_: Annotated[str, typer.Option("--from", help="Start, ISO 8601; default: the beginning.")] = "",
        end: Annotated[str, typer.Option("--until", help="End; default: the end.")] = "",
        to: Annotated[Path | None, typer.Option("--to", help=_TO)] = None,
        json_: AsJson = False,
        until_eof: UntilEof = False,
    ) -> None:
        """What was to be expected of what was measured, how far it was from it, and what the parameters are by now."""
        from twins.estimation.history import estimated
        from twins.package.calibration import name_of_models
        from twins.package.loader import load, load_zipped
        from twins.prognosis.foresight import Foresight

        with opened(file) as record:
            start, last = stretch(record, from_, end, ("--from", "--until"))
            found = load(package_of(twin)) if twin else load_zipped(record.package_at(last) or b"")
            named = name_of_models(record.package_at(last) or b"", found.model_version)
            foresight = Foresight(found, named)
            foresight.start(record, start)
            telling = progress("estimating", json_, until_eof)
            with contextlib.closing(foresight), telling as say, interruptible(until_eof) as cancelled:
                estimate = estimated(found, record, start, last, to, say, cancelled, foresight)
        told = _told(estimate)
        print_json(told) if json_ else _print(told)


def _told(estimate: Estimate) -> dict[str, object]:
    from twins.clock import SECOND, format_end, format_time
    from twins.estimation.history import parameters_told

    seen, estimator = estimate.residuals, estimate.estimator
    tags = [
        {
            "tag": each.tag.path, "unit": each.tag.unit, "judged": int(n),
            "deviations": float((squares / n) ** 0.5) if n else None, "beyond_3": float(far / n) if n else None,
            "expected": _number(expected), "spread": _number(spread), "residual": _number(off),
        }
        for each, n, squares, far, expected, spread, off in zip(
            estimator.judged, seen.n, seen.squares, seen.far,
            estimator.expected, estimator.spread, estimator.residual, strict=True,
        )
    ]  # fmt: skip
    return {
        "start": format_time(estimate.start), "end": format_end(estimate.end), "step": estimate.step / SECOND,
        "parameters": list(parameters_told(estimate)), "tags": tags,
    }  # fmt: skip


def _print(told: dict) -> None:
    print(f"{told['start']} to {told['end']}, {told['step']:g} s a step")
    rows = [[p["parameter"], p["package"], p["p05"], p["p50"], p["p95"]] for p in told["parameters"]]
    print_rows(["parameter", "package", "p05", "p50", "p95"], [""] * 5, rows)
    print()
    names = ("tag", "unit", "judged", "deviations", "beyond_3", "expected", "residual")
    print_rows(names, [""] * 7, [["" if tag[name] is None else tag[name] for name in names] for tag in told["tags"]])


def _number(value: float) -> float | None:
    return float(value) if value == value else None
