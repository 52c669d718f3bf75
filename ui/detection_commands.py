"""Learning whether something is so, from the command line: occupied or not, icing or not."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from twins import InputError
from ui.terminal import print_json


def add_to(app: typer.Typer) -> None:
    """Makes this command known."""

    @app.command()
    def detect(
        table: Annotated[Path, typer.Argument(metavar="TABLE", help="CSV or Parquet, a row an instant, in order of time.")],
        label: Annotated[str, typer.Option(help="The column that says 1 where it is so, and 0 where it is not.")],
        input_: Annotated[list[str], typer.Option("--input", help="A column it is told from; may be repeated.")],
        learn_from: Annotated[
            float, typer.Option(help="The share of the rows, from the first, to learn from.", min=0.05, max=0.95)
        ] = 0.6,
        to: Annotated[Path | None, typer.Option(help="Write it as an ONNX model for a package's predictors/.")] = None,
        sep: Annotated[str | None, typer.Option(help="The sign between cells; default: found out.")] = None,
        json_: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
    ) -> None:
        """Learn from a table whether something is so, and judge it on the rows that come after."""
        import numpy as np

        from twins.historian.drafting import drafted
        from twins.prognosis.table import MeasuredTable
        from twins.prognosis.yes_or_no import as_onnx, judged, learnt

        read = MeasuredTable(table, sep)
        columns = [read.column(name, (label, *input_)) for name in input_]
        target = read.column(label, (label, *input_))
        if target in columns:
            raise InputError(f"“{target}” of {table} can't be both the label and an input; leave it out of the inputs")
        x, so = np.column_stack([read.numbers(name) for name in columns]), read.numbers(target)
        cut = int(len(so) * learn_from)
        try:
            model = learnt(columns, x[:cut], so[:cut], target)
        except InputError as refused:
            raise InputError(f"{table}: {refused}") from None
        found = judged(model, x[cut:], so[cut:])
        if to is not None:
            if to.suffix != ".onnx":
                raise InputError(f"--to {to} is no ONNX file; let its name end in .onnx")
            with drafted(to) as draft:
                draft.write_bytes(as_onnx(model))
        told = asdict(found) | {"weights": dict(zip(columns, model.weights.tolist(), strict=True)), "bias": model.bias}
        print_json(told) if json_ else _print(found.rows, told)


def _print(rows: int, told: dict[str, object]) -> None:
    notes = {"sensitivity": "none of these rows holds a 1", "specificity": "none of these rows holds a 0"}
    for name in ("accuracy", "sensitivity", "specificity", "usual"):
        share = told[name]
        if isinstance(share, float):
            typer.echo(f"{name:12}{100 * share:7.2f} %" + ("  (always the commoner answer)" if name == "usual" else ""))
        else:
            typer.echo(f"{name:12}      –    ({notes[name]})")
    typer.echo(f"on {rows:,} rows that it had not seen")
