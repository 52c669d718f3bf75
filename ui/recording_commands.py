"""What a recording holds, from the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from ui.stretch import ALWAYS, known, opened, span_of, stretch
from ui.terminal import instant, print_json, print_rows, print_table
from ui.typed import AsJson, File, From, Time


def add_to(app: typer.Typer) -> None:
    """Makes these commands known."""

    @app.command()
    def alarms(file: File, from_: From = "", to: Time = "", json_: AsJson = False) -> None:
        """The figures of the alarm system over a stretch: rate, peak, floods, what stands, what chatters, the worst."""
        from twins.alarms.figures import figures, told

        with opened(file) as recording:
            asked = stretch(recording, from_, to)
            found = told(figures(recording.events(*asked), *asked))
        print_json(found) if json_ else print_table(found)

    @app.command()
    def info(file: File, json_: AsJson = False) -> None:
        """What a recording is and what it holds."""
        print_info(file, json_)

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

        with opened(file) as recording:
            time = instant(at) if at else span_of(recording)[1]
            told, notice = telling.state(recording.at(time, hindsight)), notice_of(recording.package_at(time))
        if notice:
            told["notice"] = notice
        if json_:
            print_json(told)
        else:
            print(told["time"])
            for path, tag in told["tags"].items():
                value = f"{len(tag['value'])} points" if isinstance(tag["value"], list) else tag["value"]
                print(f"{path:40} {value!s:>24} {tag['unit']:10} {tag['quality']}{' stale' if tag['stale'] else ''}")
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

        with opened(file) as recording:
            known(recording, [tag])
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

        with opened(file) as recording:
            told = telling.events(recording.events(*stretch(recording, from_, to, span=ALWAYS), None if all_ else TOLD))
        if json_:
            print_json(told)
        else:
            for event in told:
                data = json.dumps(event["data"], ensure_ascii=False)[:160]
                print(event["time"], event["kind"], event["subject"], event["key"], data)


def print_info(file: Path, json_: bool) -> None:
    """As `info` says it."""
    from twins.historian import telling
    from twins.historian.days import open_record

    with open_record(file) as recording:
        told = telling.info(recording)
    print_json(told) if json_ else print_table(told)
