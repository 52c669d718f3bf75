"""A package, from the command line: is it sound, what may it say; and the station that records its plant."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.terminal import print_json, until_stopped
from ui.typed import AsJson, TwinName, UntilEof, package_of


def add_to(app: typer.Typer) -> None:
    """Makes these commands known."""

    @app.command()
    def check(twin: TwinName, json_: AsJson = False) -> None:
        """Tell every fault of a package, with file, line and remedy."""
        from twins.checking import check

        faults = check(package_of(twin))
        if json_:
            print_json([{"file": f.file, "line": f.line, "message": f.message, "remedy": f.remedy} for f in faults])
        else:
            print("\n".join(str(fault) for fault in faults) or f"{twin}: no fault found")
        raise typer.Exit(bool(faults))

    @app.command()
    def schema(of: Annotated[str, typer.Option(help="Of which file; types/*.yaml, predictors/*.yaml, …")] = "twin.yaml") -> None:
        """Print the JSON Schema of a twin package."""
        from twins.package.schema import json_schema

        print_json(json_schema(of))

    @app.command()
    def record(
        twin: TwinName,
        to: Annotated[Path, typer.Option("--to", help="The record: a file, or a folder of one file a day.")],
        broker: Annotated[str, typer.Option(help="mqtt://HOST:PORT; default: one of its own, on this machine.")] = "",
        until_eof: UntilEof = False,
    ) -> None:
        """The station without a window: records the plant, watches its alarms, answers the desk. Ctrl+C ends it."""
        from twins.station.running import run_station

        with until_stopped(until_eof) as stop:
            run_station(package_of(twin), broker or None, to, stop, lambda sentence: print(sentence, flush=True))
