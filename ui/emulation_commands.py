"""Emulating, from the command line: a plant made of models, on a broker's wire or straight into a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twins import InputError
from ui.rehearsal_commands import drawn_between
from ui.terminal import instant, interruptible, progress, until_stopped
from ui.typed import TwinName, UntilEof, sound

_VARY = (
    "With --to: KEY=LOW:HIGH, drawn anew --every so often, in the unit that --set takes: H.pacing_rate=50:110; may be repeated."
)


def add_to(app: typer.Typer) -> None:
    """Makes this command known."""

    @app.command()
    def emulate(
        twin: TwinName,
        broker: Annotated[str, typer.Option(help="mqtt://HOST:PORT, where it is heard.")] = "",
        to: Annotated[Path | None, typer.Option("--to", help="Or a recording, as a station would have made it, at once.")] = None,
        speed: Annotated[
            float, typer.Option(min=0.01, max=1000, help="Times real time; with --to it sets how far apart the station looks.")
        ] = 1.0,
        fault: Annotated[list[str] | None, typer.Option(help="NAME@T: T01.gearbox_cooling_loss@30s; may be repeated.")] = None,
        seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same plant.")] = 1,
        for_: Annotated[str, typer.Option("--for", help="With --to: how long, like 6 h.")] = "1 h",
        from_: Annotated[str, typer.Option("--from", help="With --to: when it begins, ISO 8601; default: now.")] = "",
        vary: Annotated[list[str] | None, typer.Option("--vary", help=_VARY)] = None,
        every: Annotated[str, typer.Option(help="With --vary: a whole number of minutes.")] = "5 min",
        until_eof: UntilEof = False,
    ) -> None:
        """A plant made of models: it publishes every tag and obeys set-points until Ctrl+C, or is recorded at once."""
        if bool(broker) == (to is not None):
            raise InputError("say where the plant is to be heard: --broker mqtt://HOST:PORT, or --to FILE for a recording of it")
        place = sound(twin)
        if to is None:
            _live(place, broker, speed, fault or [], seed, until_eof)
            return
        from twins.clock import now
        from twins.station.unwired import emulated

        conditions = dict(map(drawn_between, vary or []))
        begins = instant(from_) if from_ else now()
        with progress("emulating", until_eof) as say, interruptible(until_eof) as cancelled:
            emulated(
                place,
                to,
                begins,
                _span(for_, "--for"),
                seed,
                fault or [],
                conditions,
                _span(every, "--every"),
                speed,
                say,
                cancelled,
            )
        print(f"a simulated plant, recorded into {to}")


def _live(package: Path, broker: str, speed: float, faults: list[str], seed: int, until_eof: bool) -> None:
    from queue import SimpleQueue

    from twins.emulator import run
    from twins.package.loader import load

    later: SimpleQueue[str] = SimpleQueue()
    with until_stopped(until_eof, later.put) as stop:
        run(load(package), broker, speed, faults, seed, stop, lambda sentence: print(sentence, flush=True), later)


def _span(text: str, option: str) -> int:
    from twins.clock import parse_duration

    try:
        return parse_duration(text)
    except ValueError as problem:
        raise InputError(f"{option}: {problem}") from None
