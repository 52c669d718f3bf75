"""Into a recording and out of it, from the command line: imports, incident files, tables, pictures."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from ui.recording_commands import print_info
from ui.stretch import known, opened, span_of, stretch
from ui.terminal import instant, interruptible, print_json, print_report, print_table, progress
from ui.typed import AsJson, File, From, Time, TwinName, package_of


def add_to(app: typer.Typer) -> None:
    """Makes these commands known."""

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

        package = package_of(twin)
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
    def cut(
        file: File, from_: From, to: Time, out: Annotated[Path, typer.Option(help="The incident file.")], json_: AsJson = False
    ) -> None:
        """A stretch, the instant --to included, as a sealed file of its own that opens anywhere."""
        from twins.historian.evidence import cut

        with opened(file) as recording, progress("cutting", quiet=json_) as say:
            start, end = stretch(recording, from_, to)
            cut(recording, start, end + 1, out, say)
        print_info(out, json_)

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

        with opened(file) as recording:
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

                known(recording, tag or [])
                with progress("exporting", quiet=False) as say, interruptible() as cancelled:
                    span = stretch(recording, start, end, ("--start", "--end"))
                    rows = export_table(recording, *span, tag, to, say, cancelled, notice_of(recording.package_at(span[1])))
                print(f"{to}: {rows:,} samples")
