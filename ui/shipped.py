"""The twins that ship: what a card says of each, read from the head of its file without loading it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TWINS = Path(__file__).resolve().parent.parent / "resources" / "twins"
PICTURE = "picture.png"


@dataclass(frozen=True, slots=True)
class Shipped:
    """A package, as its card shows it."""

    path: Path
    name: str
    kind: str = ""
    sentence: str = ""
    notice: str = ""  # stands on every screen

    @property
    def picture(self) -> Path:
        """Where its picture is, if it has one."""
        return self.path / PICTURE


def shipped(folder: Path = TWINS) -> tuple[Shipped, ...]:
    """By name; a folder that can't be read still has its card, opening it says why."""
    return tuple(sorted((card_of(each) for each in folder.iterdir() if (each / "twin.yaml").is_file()), key=lambda one: one.name))


def like(name: str) -> str:
    """“did you mean feed-pump?”, of the twins that ship and of the packages beside; "" where none is called nearly so."""
    from twins.package.words import did_you_mean

    beside = Path(name).parent
    there = sorted(beside.iterdir()) if beside.is_dir() else []
    known = {str(each): each.name for each in there if (each / "twin.yaml").is_file()}
    return did_you_mean(str(Path(name)), [*known, *(each.path.name for each in shipped())])


def card_of(package: Path) -> Shipped:
    """One package's card."""
    from twins.package.document import read_document

    try:
        whole = read_document("twin.yaml", (package / "twin.yaml").read_bytes()).data
    except OSError:
        whole = None
    head = whole.get("twin") if isinstance(whole, dict) else None
    said = head if isinstance(head, dict) else {}
    name, kind, sentence, notice = (str(said.get(key) or "") for key in ("name", "kind", "description", "notice"))
    return Shipped(package, name or package.name, kind, sentence, notice)
