"""Filling: all that stands below a package's root is put in its place, and so are the packages that it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from twins.asset import Asset, AssetKind, Figure, ModelVersion, Placement, Plot, Relation, Viewpoint
from twins.package.archive import ROOT
from twins.package.attributes import given_attributes
from twins.package.beside import figures, plots, relations, viewpoints
from twins.package.draft import Draft, package_in, read_in
from twins.package.expansion import Expansion
from twins.package.fault import Fault
from twins.package.joints import chain_of, jointed
from twins.package.layer import DEEPEST, Layer
from twins.package.origin import Origin
from twins.package.schema import AssetForm, TwinFile
from twins.package.words import did_you_mean

MOST_ASSETS = 100_000  # where twins are nested


@dataclass(slots=True)
class Found:
    """What a package and those nested in it give to the whole twin, besides their assets."""

    relations: list[Relation] = field(default_factory=list)
    viewpoints: list[Viewpoint] = field(default_factory=list)
    models: dict[str, dict[str, object]] = field(default_factory=dict)  # of the environments, by `b12/wind`
    surroundings: dict[str, Origin] = field(default_factory=dict)  # where those were written
    version: ModelVersion = field(default_factory=ModelVersion)  # of the outermost
    notices: list[str] = field(default_factory=list)  # of the nested
    figures: list[Figure] = field(default_factory=list)
    plots: list[Plot] = field(default_factory=list)


def fill(made: Draft, expansion: Expansion, form: TwinFile, found: Found) -> None:
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
            join(made, expansion, placed)
    for name, model in form.environment.models.items():
        where = layer.below(name)
        found.models[where] = model.model_dump(exclude_none=True) | ({"folder": layer.folder} if layer.folder else {})
        found.surroundings[where] = Origin(document, ("environment", "models", name))
    whose = f"{expansion.assets[layer.path].name}: " if layer.path else ""
    seen = Layer(layer.folder, form.twin.id) if form.twin.type and not layer.path else layer  # from where names are meant
    found.figures += figures(made, form, seen, whose)
    found.plots += plots(made, form, seen, whose)
    for filled in nested:
        filled()
    found.relations += relations(made, form, expansion.assets, layer)
    found.viewpoints[first:first] = viewpoints(made, expansion.assets, layer)  # before those of what it holds
    made.faults += given_attributes(made.files, expansion.assets, layer)
    version = _calibrate(made, expansion)
    found.version = found.version if layer.path else version


def join(made: Draft, expansion: Expansion, placed: tuple[str, ...]) -> None:
    """The parts of placed assets find what they stand on."""
    parts, faults = jointed([part for path in placed for part in expansion.assets[path].parts], expansion.origins)
    made.faults += faults
    for path in placed:
        own = tuple(part for part in parts if part.asset == path)
        expansion.assets[path] = replace(expansion.assets[path], parts=own)


def _nested(
    made: Draft, expansion: Expansion, asset: AssetForm, path: str, origin: Origin, found: Found
) -> Iterator[Callable[[], None]]:
    """Puts a package of its own in the place of an asset, and answers what fills it; or it says why that can't be."""
    layer = expansion.layer.inner(asset.twin, made.files.sizes, path)
    fault = _unfit(made, expansion, asset, layer, origin)
    if fault is not None or layer is None:
        made.faults += [] if fault is None else [fault]
        return
    form, types = package_in(made, layer)
    if form is None:
        return
    found.notices.append(one_line(form.twin.notice))
    head, at = form.twin, Placement(asset.at.x, asset.at.y, asset.at.z, asset.at.heading)
    root = Asset(
        path, asset.name or head.name or head.id, AssetKind(asset.kind or head.kind), parent=expansion.layer.below(asset.parent),
        shows=tuple(asset.shows), at=at, description=asset.description or head.description, twin=layer.folder.rstrip("/"),
    )  # fmt: skip
    inside, origins = expansion.within(types, layer), (origin, Origin(made.documents[layer.file(ROOT)], ("twin",)))
    if head.type:
        join(made, expansion, inside.machine(root, head, origins, expansion.layer.file(head.type)))
    else:
        inside.root(root, head, origins)
    yield lambda: fill(made, inside, form, found)


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


def _calibrate(made: Draft, expansion: Expansion) -> ModelVersion:
    """The parameters of the calibration in force stand over those of the types."""
    from twins.package.calibration import CALIBRATION, in_force, read

    layer = expansion.layer
    if layer.file(CALIBRATION) not in made.files.sizes:
        return ModelVersion()
    document = read_in(made, layer.file(CALIBRATION))
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


def one_line(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())
