"""What models can tell, from the command line: steady states, what-ifs, forecasts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from twins import InputError
from ui.terminal import print_json, print_rows

TwinName = Annotated[
    str, typer.Argument(metavar="TWIN", help="A package's folder or zip, a recording, or the name of a twin that ships.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def add_to(app: typer.Typer, package_of: Callable[[str], Path]) -> None:
    """Makes these commands known; `package_of` finds a package by what was typed."""

    @app.command(context_settings={"ignore_unknown_options": True})
    def sweep(
        twin: TwinName,
        asset: Annotated[str, typer.Argument(metavar="ASSET", help="Its path, like T01.")],
        input_: Annotated[list[str], typer.Option("--input", help="NAME=FROM:TO:STEP or NAME=4,8,12; may be repeated.")],
        outputs: Annotated[str, typer.Option(help="Names, with commas between; default: all.")] = "",
        json_: AsJson = False,
    ) -> None:
        """Steady states of an asset over ranges of its model's inputs: wind_speed=3:25:0.5."""
        from twins.package.loader import load
        from twins.simulation.sweep import spanned
        from twins.simulation.sweep import sweep as swept

        wanted = {}
        for text in input_:
            name, given, values = text.partition("=")
            if not given or not name:
                raise InputError(f"--input {text}: write NAME=FROM:TO:STEP, like wind_speed=3:25:0.5")
            try:
                wanted[name.strip()] = spanned(values)
            except ValueError as problem:
                raise InputError(f"--input {text}: {problem}") from None
        names = [name.strip() for name in outputs.split(",") if name.strip()]
        table = swept(load(package_of(twin)), asset, wanted, names)
        if json_:
            print_json({"columns": table.columns, "units": table.units, "rows": table.rows})
        else:
            print_rows(table.columns, table.units, table.rows)
