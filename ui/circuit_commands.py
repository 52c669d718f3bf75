"""The command line's way to run a bare circuit, with no package around it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twins import InputError
from ui.terminal import print_json, print_rows
from ui.typed import AsJson


def add_to(app: typer.Typer) -> None:
    """Makes this command known."""
    app.command()(circuit)


def circuit(
    file: Annotated[Path, typer.Argument(help="A circuit as svZeroDSolver reads it, .json.")],
    to: Annotated[Path | None, typer.Option("--to", help="OUT.csv: every result over time.")] = None,
    json_: AsJson = False,
) -> None:
    """Run a lumped circuit as its file says: pressures, flows and volumes of the last cycle, in the file's units."""
    from twins.historian.drafting import drafted, refuse_bad_place
    from twins.physics.circuit import CircuitError
    from twins.physics.circuit_run import run
    from twins.physics.svzerod import read_foreign

    if to is not None and to.suffix.lower() != ".csv":
        raise InputError(f"{to}: results are a .csv; write --to results.csv")
    if to is not None:
        refuse_bad_place(to)
    try:
        told = run(read_foreign(file.read_bytes(), file.name))
    except OSError as error:
        raise InputError(f"{file} can't be read: {(error.strerror or str(error)).lower()}; check the path") from None
    except CircuitError as problem:
        raise InputError(str(problem)) from None
    if to is not None:
        with drafted(to, over=True) as draft:
            draft.write_text(told.as_csv(), encoding="utf-8")
    if json_:
        print_json(
            {"time": told.time.tolist(), **{p.name: row.tolist() for p, row in zip(told.probes, told.values, strict=True)}}
        )
        return
    rows = [
        [probe.name, *(float(f"{x:.6g}") for x in (v.mean(), v.min(), v.max(), v[-1]))]
        for probe, v in zip(told.probes, told.values, strict=True)
    ]
    print_rows(("result", "mean", "lowest", "highest", "last"), [""] * 5, rows)
