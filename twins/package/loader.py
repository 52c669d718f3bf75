"""A package becomes a twin: read, judged, expanded; or every fault that stands in the way is told at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from twins.asset import Asset, AssetKind, Twin
from twins.package.archive import ROOT, Contents, Files, files_in, files_of
from twins.package.draft import Draft, read_in, twin_file, types_in
from twins.package.fault import PackageError, in_order
from twins.package.layer import Layer
from twins.package.origin import Origin

if TYPE_CHECKING:
    from twins.package.expansion import Written
    from twins.package.schema import TwinFile


def load(path: Path | str) -> Twin:
    """The twin of a folder or a zip. Raises PackageError with every fault of its form; `check` knows more of its meaning."""
    return _sound(draft(files_of(Path(path))))


def load_zipped(content: bytes) -> Twin:
    """The twin of a zip in memory, as a recording keeps it. Raises PackageError."""
    return _sound(draft(files_in(content)))


def draft(files: Files, *, whole: bool = False) -> Draft:
    """Reads all that can be read. What is wrong stands in `faults`; `twin` is None where there is too little for one.

    With `whole`, types that no asset has are expanded too, apart from the tree, so that they can be judged.
    """
    made = Draft(files)
    form = twin_file(made, Layer())
    types = types_in(made, form, Layer())
    if form is not None and all(document.data is not None for document in made.documents.values()):
        _expand(made, form, types, whole)  # else what an unreadable file says is missed everywhere
    _mappings(made)
    _predictors(made)
    made.faults = list(in_order(made.faults))
    return made


def _sound(made: Draft) -> Twin:
    if made.faults or made.twin is None:
        raise PackageError(made.faults)
    return made.twin


def _expand(made: Draft, form: TwinFile, types: dict[str, Written], whole: bool) -> None:
    from twins.package.alarming import alarms_of
    from twins.package.beside import georeference, tour
    from twins.package.expansion import Expansion
    from twins.package.filling import Found, fill, join, one_line

    head, expansion = form.twin, Expansion(types)
    root = Asset("", head.name or head.id, AssetKind(head.kind), description=head.description)
    expansion.root(root, head, (Origin(made.documents[ROOT], ("twin",)),))
    if head.type:  # opened alone, the machine stands in its package
        alone = Asset(head.id, root.name, root.kind)
        join(made, expansion, expansion.machine(alone, head, (Origin(made.documents[ROOT], ("twin",)),), head.type))
    made.packages[""] = form, types
    found = Found()
    fill(made, expansion, form, found)
    for name in expansion.unplaced() if whole else ():
        join(made, expansion, expansion.set_apart(name))
    expansion.resolve()
    made.faults += expansion.faults
    made.origins, made.alarms, made.surroundings = expansion.origins, expansion.alarms, found.surroundings
    around = {"models": found.models} | ({} if form.environment.terrain is None else {"terrain": form.environment.terrain})
    notice = " ".join(dict.fromkeys(filter(None, (one_line(head.notice), *found.notices))))
    made.twin = Twin(
        head.id, root.name, root.kind, expansion.assets, expansion.tags, tuple(found.relations), tuple(found.viewpoints),
        around, head.timezone, head.description,
        alarms_of(expansion.assets, expansion.tags, expansion.alarms), tuple(found.figures), tuple(found.plots),
        head.colour_by, notice, Contents(made.files), found.version, georeference(form), tour(made),
    )  # fmt: skip


def _mappings(made: Draft) -> None:
    for name in made.files.named("mappings/*.yaml"):
        document = read_in(made, name)
        if document.data is not None and not isinstance(document.data, dict):
            made.faults.append(document.fault((), "a mapping is due", "docs/import.md shows how history is read"))


def _predictors(made: Draft) -> None:
    from twins.package.predictor_file import FOLDER, read_predictor

    for name in made.files.named(f"{FOLDER}/*.yaml"):
        try:
            document, _ = read_predictor(made.files, name)
        except PackageError as problem:
            made.faults += problem.faults
            continue
        made.documents[name] = document
        made.faults += document.faults
