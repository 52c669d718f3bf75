"""A draft: a package as far as it could be read, with every fault that was found on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twins.asset import Twin
from twins.package.archive import ROOT, Files
from twins.package.document import Document, read_document
from twins.package.fault import Fault, PackageError
from twins.package.layer import Layer
from twins.package.origin import Origin

if TYPE_CHECKING:
    from twins.package.expansion import Written
    from twins.package.schema import AlarmForm, TwinFile


@dataclass(slots=True)
class Draft:
    """A package as far as it could be read. `origins` lead from `T01`, `T01.power` and `T01#rotor` to where it was written."""

    files: Files
    documents: dict[str, Document] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    origins: Mapping[str, tuple[Origin, ...]] = field(default_factory=dict)
    alarms: Mapping[str, Mapping[str, AlarmForm]] = field(default_factory=dict)  # by asset and name, as they were written
    surroundings: Mapping[str, Origin] = field(default_factory=dict)  # where the environments' models were written
    packages: dict[str, tuple[TwinFile | None, dict[str, Written]]] = field(default_factory=dict)  # by folder, each read once
    twin: Twin | None = None
    lost: bool = False  # an asset that is written has no place, so that whoever names it is not to blame


def read_in(made: Draft, name: str) -> Document:
    """One file; of a package that is held twice, the same again."""
    if name in made.documents:
        return made.documents[name]
    try:
        document = read_document(name, made.files.read(name))
    except PackageError as problem:
        document = Document(name, faults=list(problem.faults))
    made.documents[name] = document
    made.faults += document.faults
    return document


def twin_file(made: Draft, layer: Layer) -> TwinFile | None:
    """What a package's own file says; None where it can't be used."""
    from twins.package.schema import TwinFile
    from twins.package.validation import validated  # pydantic costs a tenth of a second: only when a package is read

    document = read_in(made, layer.file(ROOT))
    if document.data is None:
        if not document.faults:
            made.faults.append(document.fault((), "there is nothing in it", "docs/package.md shows what belongs here"))
        return None
    form, faults = validated(document, TwinFile)
    made.faults += faults
    return form


def types_in(made: Draft, form: TwinFile | None, layer: Layer) -> dict[str, Written]:
    """The types of a package, of its own file and of `types/`."""
    from twins.package.expansion import Written
    from twins.package.schema import TypesFile
    from twins.package.validation import validated

    root = made.documents[layer.file(ROOT)]
    found = {name: Written(each, Origin(root, ("types", name))) for name, each in (form.types if form else {}).items()}
    for name in made.files.of_folder(layer.file("types"), "*.yaml"):
        document = read_in(made, name)
        if document.data is None:
            continue
        file, faults = validated(document, TypesFile)
        made.faults += faults
        for word, each in file.types.items() if file else ():
            here = Origin(document, ("types", word))
            if word in found:
                said = f"there is a second type “{word}”; the first is in {found[word].origin}"
                made.faults.append(here.fault(said, "give one of the two another name"))
            else:
                found[word] = Written(each, here)
    return found


def package_in(made: Draft, layer: Layer) -> tuple[TwinFile | None, dict[str, Written]]:
    """What a nested package says; each is read once, however often it is held."""
    if layer.folder not in made.packages:
        form = twin_file(made, layer)
        made.packages[layer.folder] = form, types_in(made, form, layer)
    return made.packages[layer.folder]
