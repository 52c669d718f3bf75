"""What is typed: the words that commands share, and the package that a twin's name means."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twins import InputError
from ui.shipped import TWINS

TwinName = Annotated[
    str, typer.Argument(metavar="TWIN", help="A package's folder or zip, a recording, or the name of a twin that ships.")
]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A recording.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Time = Annotated[str, typer.Option(help="ISO 8601, like 2014-06-01T12:00:00+02:00; without an offset it is UTC.")]
From = Annotated[str, typer.Option("--from", help="Start, ISO 8601; default: the beginning.")]
UntilEof = Annotated[bool, typer.Option("--until-eof", hidden=True, help="End when standard input closes.")]


def package_of(twin: str) -> Path:
    """A twin that ships by its name; else what was typed is a place."""
    shipped = TWINS / twin
    return shipped if "/" not in twin and not Path(twin).exists() and shipped.is_dir() else Path(twin)


def sound(twin: str) -> Path:
    """A package without a fault: a plant is made of all that it says."""
    from twins.checking.refusing import refuse_faulty

    package = package_of(twin)
    if package.exists():  # else the loader says so
        refuse_faulty(package)
    return package


def of_sound_models(twin: str) -> Path:
    """A package whose models are sound, or a recording: that was judged when its station began."""
    from twins.checking.refusing import refuse_faulty_models
    from twins.historian.place import is_record

    place = package_of(twin)
    if place.exists() and not is_record(place):
        refuse_faulty_models(place)
    return place


def refuse_no_card(place: Path) -> None:
    """Raises InputError where a card would be written into what is no place for a text: one that stands there is replaced."""
    if place.suffix.lower() not in (".md", ".markdown", ".txt"):
        raise InputError(f"{place} is no name for a card, which is a text in Markdown; name it {place.with_suffix('.md').name}")
