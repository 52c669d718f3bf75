"""The command line: reads arguments, builds what they ask for, nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from twins import InputError
from ui import (
    anomaly_commands,
    calibration_commands,
    circuit_commands,
    degradation_commands,
    desk_commands,
    detection_commands,
    emulation_commands,
    estimation_commands,
    exchange_commands,
    new_commands,
    package_commands,
    prediction_commands,
    predictor_commands,
    recording_commands,
    rehearsal_commands,
    rul_commands,
    search_commands,
    simulation_commands,
    start_commands,
    window_commands,
)
from ui.terminal import logged, plain

HERE = Path(__file__).resolve().parent
BENCHMARKS = HERE / "tests" / "benchmarks"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None, no_args_is_help=False)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    twin: Annotated[str, typer.Option(help="Open the demo of this twin rather than the start page.")] = "",
) -> None:
    """Twindeck: a desktop workstation for digital twins. Without a command it opens the start page."""
    if context.invoked_subcommand is None:
        raise typer.Exit(start_commands.begin(twin))


for commands in (
    window_commands,
    package_commands,
    recording_commands,
    desk_commands,
    exchange_commands,
    simulation_commands,
    search_commands,
    emulation_commands,
    estimation_commands,
    degradation_commands,
    detection_commands,
    anomaly_commands,
    calibration_commands,
    circuit_commands,
    prediction_commands,
    predictor_commands,
    rehearsal_commands,
    rul_commands,
    new_commands,
    start_commands,
):
    commands.add_to(app)


@app.command()
def bench(name: Annotated[str, typer.Argument(help="One benchmark; default: all.")] = "") -> None:
    """The project's own benchmarks, each with its peer in the same run."""
    found = {path.stem: path for path in sorted(BENCHMARKS.glob("*.py"))}
    if name and name not in found:
        raise InputError(f"there is no benchmark “{name}”; there are {', '.join(found)}")
    environment = os.environ | {"PYTHONPATH": str(HERE)}
    for path in [found[name]] if name else found.values():
        print(f"\n== {path.stem}", flush=True)
        if subprocess.run([sys.executable, str(path)], env=environment, check=False).returncode:
            raise InputError(f"benchmark “{path.stem}” failed")


def main() -> None:
    """Runs a command; what was refused is one sentence on stderr and exit code 1, wrong usage is exit code 2."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill tidies up as Ctrl+C does
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our answer has read enough
    except InputError as refused:
        sys.exit(plain(f"twindeck: {refused}"))
    except Exception as error:  # noqa: BLE001 – a traceback is for the log, not for the user
        log = logged(error)
        sys.exit(f"twindeck: this should not happen ({type(error).__name__}: {error}); please report it with {log}")


if __name__ == "__main__":
    main()
