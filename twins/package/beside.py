"""What a package says besides its assets and tags: relations, figures, plots, viewpoints, its tour and its place on earth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from twins.asset import Asset, Figure, Georeference, Plot, Relation, Taken, Tour, Twin, Viewpoint
from twins.clock import parse_duration
from twins.package.archive import ROOT
from twins.package.draft import Draft, read_in
from twins.package.layer import Layer
from twins.package.origin import Origin
from twins.package.schema import TwinFile
from twins.package.words import did_you_mean, spoken


def relations(made: Draft, form: TwinFile, assets: Mapping[str, Asset], layer: Layer) -> Iterator[Relation]:
    """Those whose ends are there."""
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


def figures(made: Draft, form: TwinFile, layer: Layer, whose: str) -> Iterator[Figure]:
    """What a stretch of time is judged by; `whose` begins their labels."""
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


def plots(made: Draft, form: TwinFile, layer: Layer, whose: str) -> Iterator[Plot]:
    """One tag over another."""
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


def said_in(made: Draft, twin: Twin, key: str, asset: str, name: str) -> Origin:
    """Where a figure or a plot of the whole, or of a nested twin, was written."""
    folder = twin.assets[asset].twin
    local = name.removeprefix(f"{asset}.") if asset else name
    return Origin(made.documents[f"{folder}/{ROOT}" if folder else ROOT], (key, local))


def viewpoints(made: Draft, assets: Mapping[str, Asset], layer: Layer) -> Iterator[Viewpoint]:
    """Saved cameras."""
    from twins.package.schema import ViewpointsFile
    from twins.package.validation import validated

    if layer.file("viewpoints.yaml") not in made.files.sizes:
        return
    document = read_in(made, layer.file("viewpoints.yaml"))
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


def tour(made: Draft) -> Tour:
    """The guided tour of the outermost."""
    from twins.package.touring import TOUR, read

    if TOUR not in made.files.sizes:
        return Tour()
    found, faults = read(read_in(made, TOUR))
    made.faults += faults
    return found


def georeference(form: TwinFile) -> Georeference | None:
    """Where on earth its origin lies."""
    said = form.twin.georeference
    if said is None:
        return None
    x, y, z = said.origin or (0.0, 0.0, 0.0)
    origin = float(x), float(y), float(z)
    return Georeference(said.crs, origin, said.latitude, said.longitude, said.elevation, said.true_north)
