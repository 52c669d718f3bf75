"""A package becomes a twin: read, judged, expanded; or every fault that stands in the way is told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from twins.asset import (
    Asset,
    AssetKind,
    Figure,
    Georeference,
    ModelVersion,
    Placement,
    Plot,
    Relation,
    Taken,
    Tour,
    Twin,
    Viewpoint,
)
from twins.clock import parse_duration
from twins.package.archive import ROOT, Contents, Files, files_in, files_of
from twins.package.attributes import given_attributes
from twins.package.document import Document, read_document
from twins.package.fault import Fault, PackageError, in_order
from twins.package.joints import chain_of, jointed
from twins.package.layer import DEEPEST, Layer
from twins.package.origin import Origin
from twins.package.words import did_you_mean, spoken

if TYPE_CHECKING:
    from twins.package.expansion import Expansion, Written
    from twins.package.schema import AlarmForm, AssetForm, TwinFile


MOST_ASSETS = 100_000  # where twins are nested


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
    form = _twin_file(made, Layer())
    types = _types(made, form, Layer())
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


def _read(made: Draft, name: str) -> Document:
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


def _twin_file(made: Draft, layer: Layer) -> TwinFile | None:
    from twins.package.schema import TwinFile
    from twins.package.validation import validated  # pydantic costs a tenth of a second: only when a package is read

    document = _read(made, layer.file(ROOT))
    if document.data is None:
        if not document.faults:
            made.faults.append(document.fault((), "there is nothing in it", "docs/package.md shows what belongs here"))
        return None
    form, faults = validated(document, TwinFile)
    made.faults += faults
    return form


def _types(made: Draft, form: TwinFile | None, layer: Layer) -> dict[str, Written]:
    from twins.package.expansion import Written
    from twins.package.schema import TypesFile
    from twins.package.validation import validated

    root = made.documents[layer.file(ROOT)]
    found = {name: Written(each, Origin(root, ("types", name))) for name, each in (form.types if form else {}).items()}
    for name in made.files.of_folder(layer.file("types"), "*.yaml"):
        document = _read(made, name)
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


def _expand(made: Draft, form: TwinFile, types: dict[str, Written], whole: bool) -> None:
    from twins.package.alarming import alarms_of
    from twins.package.expansion import Expansion

    head, expansion = form.twin, Expansion(types)
    root = Asset("", head.name or head.id, AssetKind(head.kind), description=head.description)
    expansion.root(root, head, (Origin(made.documents[ROOT], ("twin",)),))
    if head.type:  # opened alone, the machine stands in its package
        alone = Asset(head.id, root.name, root.kind)
        _join(made, expansion, expansion.machine(alone, head, (Origin(made.documents[ROOT], ("twin",)),), head.type))
    made.packages[""] = form, types
    found = _Found()
    _fill(made, expansion, form, found)
    for name in expansion.unplaced() if whole else ():
        _join(made, expansion, expansion.set_apart(name))
    expansion.resolve()
    made.faults += expansion.faults
    made.origins, made.alarms, made.surroundings = expansion.origins, expansion.alarms, found.surroundings
    around = {"models": found.models} | ({} if form.environment.terrain is None else {"terrain": form.environment.terrain})
    notice = " ".join(dict.fromkeys(filter(None, (_line(head.notice), *found.notices))))
    made.twin = Twin(
        head.id, root.name, root.kind, expansion.assets, expansion.tags, tuple(found.relations), tuple(found.viewpoints),
        around, head.timezone, head.description,
        alarms_of(expansion.assets, expansion.tags, expansion.alarms), tuple(found.figures), tuple(found.plots),
        head.colour_by, notice, Contents(made.files), found.version, _georeference(form), _tour(made),
    )  # fmt: skip


@dataclass(slots=True)
class _Found:
    """What a package and those nested in it give to the whole twin, besides their assets."""

    relations: list[Relation] = field(default_factory=list)
    viewpoints: list[Viewpoint] = field(default_factory=list)
    models: dict[str, dict[str, object]] = field(default_factory=dict)  # of the environments, by `b12/wind`
    surroundings: dict[str, Origin] = field(default_factory=dict)  # where those were written
    version: ModelVersion = field(default_factory=ModelVersion)  # of the outermost
    notices: list[str] = field(default_factory=list)  # of the nested
    figures: list[Figure] = field(default_factory=list)
    plots: list[Plot] = field(default_factory=list)


def _fill(made: Draft, expansion: Expansion, form: TwinFile, found: _Found) -> None:
    """All that stands below a package's own root, which is there."""
    layer, document = expansion.layer, made.documents[expansion.layer.file(ROOT)]
    nested: list[Callable[[], None]] = []
    first = len(found.viewpoints)
    for path, asset, place in _parents_first(made, form, layer):
        if asset.twin:
            nested += _nested(made, expansion, asset, path, Origin(document, place), found)
        else:
            placed = expansion.place(asset, path, Origin(document, place))
            made.lost |= not placed
            _join(made, expansion, placed)
    for name, model in form.environment.models.items():
        where = layer.below(name)
        found.models[where] = model.model_dump(exclude_none=True) | ({"folder": layer.folder} if layer.folder else {})
        found.surroundings[where] = Origin(document, ("environment", "models", name))
    whose = f"{expansion.assets[layer.path].name}: " if layer.path else ""
    seen = Layer(layer.folder, form.twin.id) if form.twin.type and not layer.path else layer  # from where names are meant
    found.figures += _figures(made, form, seen, whose)
    found.plots += _plots(made, form, seen, whose)
    for fill in nested:
        fill()
    found.relations += _relations(made, form, expansion.assets, layer)
    found.viewpoints[first:first] = _viewpoints(made, expansion.assets, layer)  # before those of what it holds
    made.faults += given_attributes(made.files, expansion.assets, layer)
    version = _calibrate(made, expansion)
    found.version = found.version if layer.path else version


def _nested(
    made: Draft, expansion: Expansion, asset: AssetForm, path: str, origin: Origin, found: _Found
) -> Iterator[Callable[[], None]]:
    """Puts a package of its own in the place of an asset, and answers what fills it; or it says why that can't be."""
    layer = expansion.layer.inner(asset.twin, made.files.sizes, path)
    fault = _unfit(made, expansion, asset, layer, origin)
    if fault is not None or layer is None:
        made.faults += [] if fault is None else [fault]
        return
    form, types = _package(made, layer)
    if form is None:
        return
    found.notices.append(_line(form.twin.notice))
    head, at = form.twin, Placement(asset.at.x, asset.at.y, asset.at.z, asset.at.heading)
    root = Asset(
        path, asset.name or head.name or head.id, AssetKind(asset.kind or head.kind), parent=expansion.layer.below(asset.parent),
        shows=tuple(asset.shows), at=at, description=asset.description or head.description, twin=layer.folder.rstrip("/"),
    )  # fmt: skip
    inside, origins = expansion.within(types, layer), (origin, Origin(made.documents[layer.file(ROOT)], ("twin",)))
    if head.type:
        _join(made, expansion, inside.machine(root, head, origins, expansion.layer.file(head.type)))
    else:
        inside.root(root, head, origins)
    yield lambda: _fill(made, inside, form, found)


def _line(text: str) -> str:
    return " ".join(text.split())


def _unfit(made: Draft, expansion: Expansion, asset: AssetForm, layer: Layer | None, origin: Origin) -> Fault | None:
    """Why a package can't stand in the place of an asset."""
    here = origin.at("twin")
    if layer is None:
        known = [
            name.removesuffix(f"/{ROOT}").removeprefix(expansion.layer.folder)
            for name in made.files.sizes
            if name.endswith(f"/{ROOT}")
        ]
        remedy = did_you_mean(asset.twin, known) or "write a folder of this package that holds a twin.yaml, or a twin that ships"
        return here.fault(f"there is no package “{asset.twin}”", remedy)
    if layer.holds_itself:
        return here.fault(f"a twin can't hold itself: {layer.told()}", "take this asset out")
    if len(layer.trail) > DEEPEST:
        return here.fault(f"twins are nested more than {DEEPEST} deep: {layer.told()}", "nest them flatter")
    if len(expansion.assets) > MOST_ASSETS:
        return here.fault(f"the nested twins come to more than {MOST_ASSETS:,} assets", "hold fewer of them")
    if layer.path in expansion.assets:
        return here.fault(
            f"there is a second “{layer.path}”; the first is in {expansion.origins[layer.path][0]}", "give it another id"
        )
    for key in ("type", "tags", "alarms", "model"):
        if key in asset.model_fields_set:
            return origin.at(key).fault(
                f"{key}: an asset that is a twin of its own has what its package says", f"write it in {layer.file(ROOT)}"
            )
    return None


def _package(made: Draft, layer: Layer) -> tuple[TwinFile | None, dict[str, Written]]:
    """What a nested package says; each is read once, however often it is held."""
    if layer.folder not in made.packages:
        form = _twin_file(made, layer)
        made.packages[layer.folder] = form, _types(made, form, layer)
    return made.packages[layer.folder]


def _georeference(form: TwinFile) -> Georeference | None:
    said = form.twin.georeference
    if said is None:
        return None
    x, y, z = said.origin or (0.0, 0.0, 0.0)
    origin = float(x), float(y), float(z)
    return Georeference(said.crs, origin, said.latitude, said.longitude, said.elevation, said.true_north)


def _calibrate(made: Draft, expansion: Expansion) -> ModelVersion:
    """The parameters of the calibration in force stand over those of the types."""
    from twins.package.calibration import CALIBRATION, in_force, read

    layer = expansion.layer
    if layer.file(CALIBRATION) not in made.files.sizes:
        return ModelVersion()
    document = _read(made, layer.file(CALIBRATION))
    form, faults = read(document)
    made.faults += faults
    found = in_force(form) if form is not None else None
    if form is None or found is None:
        return ModelVersion()
    for path, each in found.assets.items():
        origin = Origin(document, ("versions", form.versions.index(found), "assets", path))
        path = layer.below(path)
        asset = expansion.assets.get(path)
        if asset is None or not asset.model:
            remedy = did_you_mean(path, expansion.assets) or "write the path of an asset that has a model"
            made.faults.append(origin.fault(f"there is no asset “{path}” that has a model", remedy))
            continue
        written = asset.model.get("parameters")
        parameters = {**(written if isinstance(written, Mapping) else {}), **each.model.parameters}
        corrections = {name: form.model_dump(mode="json") for name, form in each.model.corrections.items()}
        model = {**asset.model, "parameters": parameters, **({"corrections": corrections} if corrections else {})}
        expansion.assets[path] = replace(asset, model=model)
        expansion.origins[path] = (origin, *expansion.origins[path])
    return found.mark


def said_in(made: Draft, twin: Twin, key: str, asset: str, name: str) -> Origin:
    """Where a figure or a plot of the whole, or of a nested twin, was written."""
    folder = twin.assets[asset].twin
    local = name.removeprefix(f"{asset}.") if asset else name
    return Origin(made.documents[f"{folder}/{ROOT}" if folder else ROOT], (key, local))


def _plots(made: Draft, form: TwinFile, layer: Layer, whose: str) -> Iterator[Plot]:
    for name, each in form.plots.items():
        try:
            over = parse_duration(each.over)
            if over <= 0:
                raise ValueError
            x, y, wave = (layer.tag(tag) for tag in (each.x, each.y, each.wave))
            yield Plot(layer.tag(name), whose + (each.label or spoken(name)), x, y, over, wave, layer.path)
        except ValueError:
            said = f"{name}: “{each.over}” is no duration"
            made.faults.append(
                made.documents[layer.file(ROOT)].fault(("plots", name, "over"), said, "write it like 4 s or 10 min")
            )


def _figures(made: Draft, form: TwinFile, layer: Layer, whose: str) -> Iterator[Figure]:
    for name, each in form.figures.items():
        found = [taken for taken in Taken if getattr(each, taken)]
        if len(found) == 1:
            label = whose + (each.label or spoken(name))
            expression = str(getattr(each, found[0]))
            yield Figure(layer.tag(name), label, each.unit, found[0], expression, each.better or "", each.decimals, layer.path)
        else:
            said = f"the figure {name} has {'several ways' if found else 'no way'} to be reckoned"
            remedy = "write exactly one of integral, mean, lowest and highest"
            made.faults.append(made.documents[layer.file(ROOT)].fault(("figures", name), said, remedy))


def _parents_first(made: Draft, form: TwinFile, layer: Layer) -> Iterator[tuple[str, AssetForm, tuple[str | int, ...]]]:
    """(path, asset, place) so that each comes after its parent; what hangs on nothing or on itself is a fault."""
    document = made.documents[layer.file(ROOT)]
    written = [("assets", k) for k in range(len(document.data.get("assets") or ()))]
    forms = [
        (f"{each.parent}/{each.id}" if each.parent else each.id, each, place)
        for each, place in zip(form.assets, written, strict=True)
    ]
    known, waiting = {""}, forms
    while ready := [each for each in waiting if each[1].parent in known]:
        yield from ((layer.below(path), asset, place) for path, asset, place in ready)
        waiting = [each for each in waiting if each[1].parent not in known]
        known |= {path for path, _, _ in ready}
    made.lost |= bool(waiting)
    above = {asset.id: asset.parent.rpartition("/")[2] for _, asset, _ in waiting}
    for _, asset, place in waiting:
        said, remedy = f"the parent “{asset.parent}” of {asset.id} is no placed asset", did_you_mean(asset.parent, known)
        if asset.id in (circle := chain_of(above[asset.id], above)):
            said, remedy = f"{asset.id} is its own parent: {' → '.join((asset.id, *circle))}", "remove the parent of one of them"
        made.faults.append(document.fault((*place, "parent"), said, remedy or "write the path of an asset of this list"))


def _join(made: Draft, expansion: Expansion, placed: tuple[str, ...]) -> None:
    parts, faults = jointed([part for path in placed for part in expansion.assets[path].parts], expansion.origins)
    made.faults += faults
    for path in placed:
        own = tuple(part for part in parts if part.asset == path)
        expansion.assets[path] = replace(expansion.assets[path], parts=own)


def _relations(made: Draft, form: TwinFile, assets: Mapping[str, Asset], layer: Layer) -> Iterator[Relation]:
    for k, relation in enumerate(form.relations):
        ends = {"subject": layer.below(relation.subject), "object": layer.below(relation.object)}
        for end, path in ends.items():
            if (path not in assets or not path) and not made.lost:
                remedy = did_you_mean(path, assets) or "write the path of an asset, like T01 or T01/gearbox"
                made.faults.append(
                    made.documents[layer.file(ROOT)].fault(("relations", k, end), f"{end}: there is no asset “{path}”", remedy)
                )
        if all(assets.get(path) for path in ends.values()):
            yield Relation(ends["subject"], relation.kind, ends["object"], relation.share)


def _viewpoints(made: Draft, assets: Mapping[str, Asset], layer: Layer) -> Iterator[Viewpoint]:
    from twins.package.schema import ViewpointsFile
    from twins.package.validation import validated

    if layer.file("viewpoints.yaml") not in made.files.sizes:
        return
    document = _read(made, layer.file("viewpoints.yaml"))
    form, faults = validated(document, ViewpointsFile) if document.data is not None else (None, [])
    made.faults += faults
    for k, each in enumerate(form.viewpoints if form else ()):
        asset = layer.below(each.asset)
        if asset not in assets and made.lost:
            continue
        if asset not in assets:
            remedy = did_you_mean(each.asset, assets) or "write the path of an asset"
            made.faults.append(document.fault(("viewpoints", k, "asset"), f"asset: there is no asset “{each.asset}”", remedy))
            continue
        eye, target = (tuple(float(number) for number in numbers) for numbers in (each.eye, each.target))
        yield Viewpoint(layer.below(each.name), eye, target, asset)  # type: ignore[arg-type]


def _tour(made: Draft) -> Tour:
    from twins.package.touring import TOUR, read

    if TOUR not in made.files.sizes:
        return Tour()
    tour, faults = read(_read(made, TOUR))
    made.faults += faults
    return tour


def _mappings(made: Draft) -> None:
    for name in made.files.named("mappings/*.yaml"):
        document = _read(made, name)
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
