"""The command line: reads arguments, builds what they ask for, nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
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
    new_commands,
    prediction_commands,
    predictor_commands,
    rehearsal_commands,
    rul_commands,
    search_commands,
    simulation_commands,
    start_commands,
)
from ui.shipped import like
from ui.stretch import ALWAYS, span_of, stretch
from ui.terminal import (
    has_screen,
    instant,
    interruptible,
    logged,
    print_json,
    print_report,
    print_rows,
    print_table,
    progress,
    until_stopped,
)

HERE = Path(__file__).resolve().parent
TWINS = HERE / "resources" / "twins"
BENCHMARKS = HERE / "tests" / "benchmarks"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None, no_args_is_help=False)

TwinName = Annotated[
    str, typer.Argument(metavar="TWIN", help="A package's folder or zip, a recording, or the name of a twin that ships.")
]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A recording.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Time = Annotated[str, typer.Option(help="ISO 8601, like 2014-06-01T12:00:00+02:00; without an offset it is UTC.")]
UntilEof = Annotated[bool, typer.Option("--until-eof", hidden=True, help="End when standard input closes.")]
From = Annotated[str, typer.Option("--from", help="Start, ISO 8601; default: the beginning.")]


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    twin: Annotated[str, typer.Option(help="Open the demo of this twin rather than the start page.")] = "",
) -> None:
    """Twindeck: a desktop workstation for digital twins. Without a command it opens the start page."""
    if context.invoked_subcommand is None:
        raise typer.Exit(start_commands.begin(twin))


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

    package, file = (None, Path(twin)) if is_record(Path(twin)) else (_package(twin), recording)
    _need(package, file, *(lane or ()))
    _need_a_screen()
    if package is not None and file is None:
        from ui.live import attached

        with attached(package, broker) as record:
            raise typer.Exit(_window(package, record, at, play, for_, screenshot, operator, lane))
    raise typer.Exit(_window(package, file, at, play, for_, screenshot, operator, lane))


def _window(
    package: Path | None,
    file: Path | None,
    at: str,
    play: float,
    for_: float,
    screenshot: Path | None,
    operator: str,
    lanes: list[Path] | None,
) -> int:
    time = instant(at) if at else None
    from ui.application import run

    return run(
        package, file, time, play=play, seconds=for_, screenshot=screenshot, operator=operator, branches=tuple(lanes or ())
    )


@app.command()
def check(twin: TwinName, json_: AsJson = False) -> None:
    """Tell every fault of a package, with file, line and remedy."""
    from twins.checking import check

    faults = check(_package(twin))
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
        run_station(_package(twin), broker or None, to, stop, lambda sentence: print(sentence, flush=True))


@app.command()
def alarms(file: File, from_: From = "", to: Time = "", json_: AsJson = False) -> None:
    """The figures of the alarm system over a stretch: rate, peak, floods, what stands, what chatters, the worst."""
    from twins.alarms.figures import figures, told

    with _recording(file) as recording:
        asked = stretch(recording, from_, to)
        found = told(figures(recording.events(*asked), *asked))
    print_json(found) if json_ else print_table(found)


desk_commands.add_to(app)


@app.command("import")
def import_(
    twin: TwinName,
    source: Annotated[Path, typer.Argument(help="A .csv, .csv.gz or .parquet file, or a WFDB record's .hea.")],
    map_: Annotated[Path, typer.Option("--map", help="The mapping, see docs/import.md.")],
    to: Annotated[Path, typer.Option("--to", help="The recording: made, or extended where it exists.")],
    json_: AsJson = False,
) -> None:
    """Bring history from a file into a recording."""
    from twins.historian import telling
    from twins.historian.importing import import_history
    from twins.historian.mapping import read_mapping
    from twins.package.archive import zipped
    from twins.package.loader import load

    package = _package(twin)
    loaded = load(package)
    if source.suffix.lower() == ".hea":
        from twins.historian.wfdb import import_wfdb

        with progress("importing", quiet=json_) as say, interruptible() as cancelled:
            told = import_wfdb(loaded, zipped(package), source, map_, to, say, cancelled)
        print_json(told) if json_ else print_table(told)
        return
    mapping = read_mapping(map_)
    with progress("importing", quiet=json_) as say, interruptible() as cancelled:
        report = import_history(loaded, zipped(package), source, mapping, to, say, cancelled)
    told = telling.report(report)
    print_json(told) if json_ else print_report(source, told)


@app.command()
def info(file: File, json_: AsJson = False) -> None:
    """What a recording is and what it holds."""
    from twins.historian import telling

    with _recording(file) as recording:
        told = telling.info(recording)
    print_json(told) if json_ else print_table(told)


@app.command()
def verify(file: File, json_: AsJson = False) -> None:
    """Read every byte and say what is not as it was written."""
    from twins.historian import telling
    from twins.historian.evidence import verify_record

    told = telling.verdict(verify_record(file))
    print_json(told) if json_ else print_table(told)
    if not told["ok"]:
        print(
            f"twindeck: {file} is damaged in {told['damaged']} places; what is named above is lost, the rest is sound",
            file=sys.stderr,
        )
        raise typer.Exit(1)


@app.command()
def state(
    file: File,
    at: Time = "",
    hindsight: Annotated[bool, typer.Option("--hindsight", help="What had happened, not what was known then.")] = False,
    json_: AsJson = False,
) -> None:
    """What the screen would show at an instant (default: the last)."""
    from twins.historian import telling
    from twins.package.opening import notice_of

    with _recording(file) as recording:
        time = instant(at) if at else span_of(recording)[1]
        told, notice = telling.state(recording.at(time, hindsight)), notice_of(recording.package_at(time))
    if notice:
        told["notice"] = notice
    if json_:
        print_json(told)
    else:
        print(told["time"])
        for path, tag in told["tags"].items():
            print(f"{path:40} {tag['value']!s:>24} {tag['unit']:10} {tag['quality']}{' stale' if tag['stale'] else ''}")
        if notice:
            print(notice)


@app.command()
def trend(
    file: File,
    tag: Annotated[str, typer.Option(help="Its path, like T01.power.")],
    width: Annotated[int, typer.Option(min=1, max=1_000_000, help="At most so many buckets.")] = 1000,
    from_: From = "",
    to: Time = "",
    json_: AsJson = False,
) -> None:
    """One tag over a stretch as min, max and mean of at most WIDTH buckets."""
    from twins.historian import telling

    with _recording(file) as recording:
        _known(recording, [tag])
        told = telling.trend(recording.trend(tag, *stretch(recording, from_, to), width))
    if json_:
        print_json(told)
    else:
        print_rows(list(told), [""] * len(told), list(zip(*told.values(), strict=True)))


@app.command()
def events(
    file: File,
    from_: From = "",
    to: Time = "",
    all_: Annotated[bool, typer.Option("--all", help="Also heartbeats, checkpoints and what windows showed.")] = False,
    json_: AsJson = False,
) -> None:
    """What happened besides new values."""
    from twins.historian import telling
    from twins.record import TOLD

    with _recording(file) as recording:
        told = telling.events(recording.events(*stretch(recording, from_, to, span=ALWAYS), None if all_ else TOLD))
    if json_:
        print_json(told)
    else:
        for event in told:
            print(
                event["time"], event["kind"], event["subject"], event["key"], json.dumps(event["data"], ensure_ascii=False)[:160]
            )


@app.command()
def cut(
    file: File, from_: From, to: Time, out: Annotated[Path, typer.Option(help="The incident file.")], json_: AsJson = False
) -> None:
    """A stretch, the instant --to included, as a sealed file of its own that opens anywhere."""
    from twins.historian.evidence import cut

    with _recording(file) as recording, progress("cutting", quiet=json_) as say:
        start, end = stretch(recording, from_, to)
        cut(recording, start, end + 1, out, say)
    info(out, json_)


@app.command()
def export(
    file: File,
    to: Annotated[Path, typer.Option("--to", help="OUT.parquet, OUT.csv or OUT.png")],
    start: Annotated[str, typer.Option(help="ISO 8601; default: the beginning.")] = "",
    end: Annotated[str, typer.Option(help="ISO 8601; default: the end.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="Only this tag; may be repeated.")] = None,
    at: Annotated[str, typer.Option(help="The instant of a picture; default: the last.")] = "",
    view: Annotated[str, typer.Option(help="The viewpoint of a picture.")] = "",
    colour_by: Annotated[str, typer.Option(help="The quantity or tag name that colours a picture.")] = "",
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of a picture in pixels.")] = "1600x1000",
) -> None:
    """A table of samples, or a picture of an instant."""
    with _recording(file) as recording:
        if to.suffix.lower() == ".png":
            from twins.historian.drafting import refuse_bad_place

            refuse_bad_place(to)
            time = instant(at) if at else span_of(recording)[1]
            from scene.still import parsed_size, save_still
            from twins.clock import format_time
            from twins.historian.exporting import mark_of
            from twins.package.opening import OpenPackage

            with contextlib.closing(OpenPackage.of(recording.package_at(time) or b"")) as package:
                save_still(
                    package,
                    recording.at(time),
                    to,
                    view=view,
                    colour_by=colour_by,
                    size=parsed_size(size),
                    mark=mark_of(recording),
                )
            print(f"{to}: the picture of {format_time(time)}")
        else:
            from twins.historian.exporting import export_table
            from twins.package.opening import notice_of

            _known(recording, tag or [])
            with progress("exporting", quiet=False) as say, interruptible() as cancelled:
                span = stretch(recording, start, end, ("--start", "--end"))
                rows = export_table(recording, *span, tag, to, say, cancelled, notice_of(recording.package_at(span[1])))
            print(f"{to}: {rows:,} samples")


simulation_commands.add_to(app, lambda twin: _of_sound_models(twin))
search_commands.add_to(app, lambda twin: _of_sound_models(twin))
emulation_commands.add_to(app, lambda twin: _sound(twin))
estimation_commands.add_to(app, lambda twin: _package(twin))
degradation_commands.add_to(app)
detection_commands.add_to(app)
anomaly_commands.add_to(app)
calibration_commands.add_to(app, lambda twin: _package(twin))
circuit_commands.add_to(app)
prediction_commands.add_to(app)
predictor_commands.add_to(app, lambda twin: _package(twin))
rehearsal_commands.add_to(app, lambda twin: _of_sound_models(twin))
rul_commands.add_to(app)
new_commands.add_to(app)
start_commands.add_to(app)


@app.command()
def bench(name: Annotated[str, typer.Argument(help="One benchmark; default: all.")] = "") -> None:
    """The project's own benchmarks, each with its peer in the same run."""
    found = {path.stem: path for path in sorted(BENCHMARKS.glob("*.py"))}
    if name and name not in found:
        raise _refused(f"there is no benchmark “{name}”; there are {', '.join(found)}")
    environment = os.environ | {"PYTHONPATH": str(HERE)}
    for path in [found[name]] if name else found.values():
        print(f"\n== {path.stem}", flush=True)
        if subprocess.run([sys.executable, str(path)], env=environment, check=False).returncode:
            raise _refused(f"benchmark “{path.stem}” failed")


# what the commands share


def _refused(sentence: str) -> InputError:
    return InputError(sentence)


def _need(*paths: Path | None) -> None:
    for path in paths:
        if path and not path.exists():
            remedy = like(str(path)) or "give a package, a recording or the name of a twin that ships"
            raise _refused(f"{path} does not exist; {remedy}")


def _need_a_screen() -> None:
    if not (has_screen() or os.environ.get("QT_QPA_PLATFORM")):
        raise _refused("there is no display to open a window on; run it on a desktop, or under xvfb-run")


def _package(twin: str) -> Path:
    shipped = TWINS / twin
    return shipped if "/" not in twin and not Path(twin).exists() and shipped.is_dir() else Path(twin)


def _sound(twin: str) -> Path:
    """A package without a fault: a plant is made of all that it says."""
    from twins.checking.refusing import refuse_faulty

    package = _package(twin)
    if package.exists():  # else the loader says so
        refuse_faulty(package)
    return package


def _of_sound_models(twin: str) -> Path:
    """A package whose models are sound, or a recording: that was judged when its station began."""
    from twins.checking.refusing import refuse_faulty_models
    from twins.historian.place import is_record

    place = _package(twin)
    if place.exists() and not is_record(place):
        refuse_faulty_models(place)
    return place


@contextlib.contextmanager
def _recording(file: Path) -> Iterator:
    from twins.historian.days import open_record

    with open_record(file) as recording:
        yield recording


def _known(recording, tags: list[str]) -> None:
    import difflib

    paths = {channel.path for channel in recording.channels}
    for tag in tags:
        if tag not in paths:
            near = difflib.get_close_matches(tag, paths, 3)
            remedy = f"did you mean {' or '.join(near)}?" if near else f"“info {recording.path.name}” lists them"
            raise _refused(f"{recording.path} holds no tag “{tag}”; {remedy}")


def main() -> None:
    """Runs a command; what was refused is one sentence on stderr and exit code 1, wrong usage is exit code 2."""
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our answer has read enough
    except InputError as refused:
        sys.exit(f"twindeck: {refused}")
    except Exception as error:  # noqa: BLE001 – a traceback is for the log, not for the user
        log = logged(error)
        sys.exit(f"twindeck: this should not happen ({type(error).__name__}: {error}); please report it with {log}")


if __name__ == "__main__":
    main()
