"""The window, from the command line: on a recording, or live."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from twins import InputError
from ui.shipped import like
from ui.terminal import has_screen, instant
from ui.typed import Time, TwinName, package_of


def add_to(app: typer.Typer) -> None:
    """Makes `open` known."""

    @app.command("open")
    def open_(
        twin: TwinName,
        recording: Annotated[Path | None, typer.Option(help="What to replay.")] = None,
        at: Time = "",
        play: Annotated[float, typer.Option(help="Start playing at this speed, −128 … 128.")] = 0.0,
        for_: Annotated[float, typer.Option("--for", help="Close by itself after so many seconds.")] = 0.0,
        screenshot: Annotated[Path | None, typer.Option(help="Before closing by itself, save a picture of the window.")] = None,
        broker: Annotated[str, typer.Option(help="Record the plant behind mqtt://HOST:PORT, and show it live.")] = "",
        operator: Annotated[str, typer.Option(help="Who is at the desk; a live window asks where it is not said.")] = "",
        lane: Annotated[list[Path] | None, typer.Option(help="A what-if or a forecast to show beside; may be repeated.")] = None,
    ) -> None:
        """Open the window: on a recording, or live where a station records the twin on this machine."""
        from twins.historian.place import is_record

        package, file = (None, Path(twin)) if is_record(Path(twin)) else (package_of(twin), recording)
        _need(package, file, *(lane or ()))
        _need_a_screen()

        def show(record: Path | None) -> NoReturn:
            time = instant(at) if at else None
            from ui.application import run

            lanes = tuple(lane or ())
            code = run(package, record, time, play=play, seconds=for_, screenshot=screenshot, operator=operator, branches=lanes)
            raise typer.Exit(code)

        if package is None or file is not None:
            show(file)
        from ui.live import attached

        with attached(package, broker) as record:
            show(record)


def _need(*paths: Path | None) -> None:
    for path in paths:
        if path and not path.exists():
            remedy = like(str(path)) or "give a package, a recording or the name of a twin that ships"
            raise InputError(f"{path} does not exist; {remedy}")


def _need_a_screen() -> None:
    if not (has_screen() or os.environ.get("QT_QPA_PLATFORM")):
        raise InputError("there is no display to open a window on; run it on a desktop, or under xvfb-run")
