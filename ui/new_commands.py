"""A new twin, from the command line: a package made of the user's own files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from twins import InputError
from ui.terminal import interruptible, print_json, progress

UPS = ("y", "z")
LONGEST = 200  # signs of a notice, as in a package


def add_to(app: typer.Typer) -> None:
    """Makes this command known."""

    @app.command()
    def new(
        folder: Annotated[Path, typer.Argument(metavar="DIR", help="The package: a folder that is made.")],
        from_: Annotated[
            list[Path],
            typer.Option(
                "--from",
                help=".glb .gltf .stl .obj .ply .ifc .json (CityJSON), a .csv of tags or of places; repeatable.",
            ),
        ],
        name: Annotated[str, typer.Option(help="What the twin is called; default: as its file says.")] = "",
        notice: Annotated[str, typer.Option(help="What every screen and export shall say, like 'Not a medical device.'")] = "",
        unit: Annotated[str, typer.Option(help="Of a mesh file: m, cm, mm, km, in, ft.")] = "",
        up: Annotated[str, typer.Option(help="Of a mesh file: the axis that points up, y or z.")] = "",
        lod: Annotated[str, typer.Option(help="Of a city model: the level of detail, like 2.2; default: the finest.")] = "",
        tag: Annotated[
            str, typer.Option(help="Of a table of places: what each has, like 'speed: { unit: mph, period: 5 min }'.")
        ] = "",
        json_: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
        progress_: Annotated[
            bool, typer.Option("--progress", hidden=True, help="A line of JSON on stderr at each change.")
        ] = False,
        until_eof: Annotated[bool, typer.Option("--until-eof", hidden=True, help="End when standard input closes.")] = False,
    ) -> None:
        """Make a twin package from your own files: meshes, IFC, CityJSON, tag lists, tables of places."""
        from twins.survey.founding import found
        from twins.survey.reading import Reading

        _refuse(unit, up, notice)
        with progress("reading", json_, until_eof) as say, interruptible(until_eof) as cancelled:
            made = found(folder, from_, Reading(unit, up, lod=lod, tags=tag), name, say, cancelled, notice.strip())
        if json_:
            print_json({**asdict(made), "folder": str(made.folder)})
            return
        parts = (
            _counted(made.assets, "asset"),
            f"{made.shapes:,} with a shape",
            _counted(made.tags, "tag"),
            _counted(made.relations, "relation"),
        )
        print(f"{made.folder}: {', '.join(parts)}")
        for note in made.notes:
            print(f"  {note}")


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _refuse(unit: str, up: str, notice: str) -> None:
    from twins.survey.meshes import UNITS

    if unit and unit not in UNITS:
        raise InputError(f"--unit “{unit}” is no unit of length known here; write one of {', '.join(UNITS)}")
    if up and up not in UPS:
        raise InputError(f"--up “{up}” is neither y nor z")
    if len(notice.strip()) > LONGEST:
        raise InputError(f"--notice has {len(notice.strip())} signs; say it in {LONGEST} at most")
