"""Types become things: each placed asset gets its tags, components and parts, all by path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from twins import clock
from twins.asset import Asset, AssetKind, Limits, Part, Placement, Tag, TagKind
from twins.expression import tag_named
from twins.package.fault import Fault
from twins.package.layer import Layer
from twins.package.merging import merged, overridden
from twins.package.origin import Origin, written
from twins.package.quantities import quantity_of
from twins.package.schema import AlarmForm, AssetForm, HeadForm, ModelForm, PartForm, TagForm, TypeForm
from twins.package.words import did_you_mean, spoken

ON_CHANGE = "on change"
_MOSTLY_STILL = ("boolean", "enumeration", "text")


@dataclass(frozen=True, slots=True)
class Written:
    """A type, and where it was written."""

    form: TypeForm
    origin: Origin


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where in the tree something is being added."""

    path: str
    parent: str
    type: str = ""
    at: Placement = field(default_factory=Placement)
    trail: tuple[str, ...] = ()  # the types it is inside of
    prefix: str = ""  # before the names of parts that came with a component's type


@dataclass(slots=True)
class Expansion:
    """What has been made so far. `origins` lead from `T01`, `T01.power`, `T01#rotor`, `T01!hot` to the files, nearest first."""

    types: Mapping[str, Written]
    assets: dict[str, Asset] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    origins: dict[str, tuple[Origin, ...]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    alarms: dict[str, Mapping[str, AlarmForm]] = field(default_factory=dict)  # by asset, as they were written
    layer: Layer = field(default_factory=Layer)
    address: Mapping[str, str] = field(default_factory=dict)  # of the measured tags that name none

    def root(self, asset: Asset, head: HeadForm, origins: tuple[Origin, ...]) -> None:
        """Adds a twin as a whole, with its own tags."""
        path, origin = asset.path, origins[-1]
        self.address = head.address
        self._alarms(path, head.alarms, (origin,))
        tags = tuple(self._tag(name, path, form, (origin.at("tags", name),)) for name, form in head.tags.items())
        self.assets[path] = replace(asset, tags=tags, shows=asset.shows or tuple(head.shows))
        self.origins[path] = origins

    def machine(self, asset: Asset, head: HeadForm, origins: tuple[Origin, ...], called: str) -> tuple[str, ...]:
        """Adds a twin that as a whole is of one of its types, `called` so by who holds it; answers as `place` does."""
        before, origin = len(self.assets), origins[-1]
        found = self._type(head.type, origin.at("type"))
        if found is None:
            return ()
        self.address = head.address
        form = found.form.model_copy(
            update={
                "tags": {**found.form.tags, **head.tags},
                "alarms": {**found.form.alarms, **head.alarms},
                "shows": list(asset.shows or head.shows or found.form.shows),
            }
        )
        self._add(_Spot(asset.path, asset.parent, head.type, asset.at, (head.type,)), form, (*origins, found.origin))
        made = self.assets[asset.path]
        described = asset.description or made.description
        self.assets[asset.path] = replace(made, name=asset.name, type=called, twin=asset.twin, description=described)
        return tuple(self.assets)[before:]

    def within(self, types: Mapping[str, Written], layer: Layer) -> Expansion:
        """The same tree, for a package that is nested in it."""
        return replace(self, types=types, layer=layer)

    def place(self, form: AssetForm, path: str, origin: Origin) -> tuple[str, ...]:
        """Adds one placed asset with all that is below it; answers their paths, its own first, () where it was there already."""
        before = len(self.assets)
        found = self._type(form.type, origin.at("type")) if form.type else None
        origins = (origin,) if found is None else (origin, found.origin)
        if found is not None:
            self._unknown_overrides(form, found, origin)
        at = Placement(form.at.x, form.at.y, form.at.z, form.at.heading)
        spot = _Spot(path, self.layer.below(form.parent), form.type, at, (form.type,))
        self._add(spot, overridden(TypeForm() if found is None else found.form, form), origins)
        return tuple(self.assets)[before:]

    def unplaced(self) -> tuple[str, ...]:
        """The types that nothing is of."""
        used = {asset.type for asset in self.assets.values()}
        return tuple(name for name in self.types if name not in used)

    def set_apart(self, name: str) -> tuple[str, ...]:
        """Expands a type as nobody's child (no path is “-”), to judge it; answers as `place` does."""
        before, path = len(self.assets), f"a {name}"
        self._add(_Spot(path, "-", name, trail=(name,)), self.types[name].form, (self.types[name].origin,))
        return tuple(self.assets)[before:]

    def resolve(self) -> None:
        """Turns names of tags into paths, now that every tag is known; what means no tag is left out, `check` tells of it."""
        for path, asset in self.assets.items():
            shows = tuple(tag for name in asset.shows if (tag := self._reference(name, path)))
            self.assets[path] = replace(asset, shows=shows, parts=tuple(self._resolved(part) for part in asset.parts))

    def _alarms(self, path: str, forms: Mapping[str, AlarmForm], origins: tuple[Origin, ...]) -> None:
        if self.layer.path:
            forms = {name: self._seen_from(form) for name, form in forms.items()}
        self.alarms[path] = forms
        self.origins.update({f"{path}!{name}": _each(origins, "alarms", name) for name in forms})

    def _seen_from(self, form: AlarmForm) -> AlarmForm:
        return form.model_copy(update={"viewpoint": self.layer.below(form.viewpoint)}) if form.viewpoint else form

    def _type(self, name: str, origin: Origin) -> Written | None:
        if name not in self.types:
            remedy = did_you_mean(name, self.types) or f"write it in types/{name}.yaml" + (
                f", or name one of {', '.join(self.types)}" if self.types else "; there is no type yet"
            )
            self.faults.append(origin.fault(f"there is no type “{name}”", remedy))
        return self.types.get(name)

    def _unknown_overrides(self, form: AssetForm, found: Written, origin: Origin) -> None:
        for name, tag in form.tags.items():
            if name not in found.form.tags and "kind" not in tag.model_fields_set:  # else it is the asset's own
                remedy = (
                    did_you_mean(name, found.form.tags) or f"add {name} to the type, or give it a kind to be this asset's own"
                )
                self.faults.append(origin.at("tags", name).fault(f"the type {form.type} has no tag “{name}”", remedy))

    def _add(self, spot: _Spot, form: TypeForm, origins: tuple[Origin, ...]) -> None:
        path = spot.path
        if path in self.assets:
            said = f"there is a second “{path}”; the first is in {self.origins[path][0]}"
            self.faults.append(origins[0].fault(said, "give one of the two another id"))
            return
        self.origins[path] = origins
        self.assets[path] = Asset(
            path, form.name or spoken(path.rpartition("/")[2]), AssetKind(form.kind or "component"),
            self.layer.file(spot.type) if spot.type else "", spot.parent,
            tuple(self._tag(name, path, tag, _each(origins, "tags", name)) for name, tag in form.tags.items()),
            tuple(form.shows), spot.at,
            tuple(self._part(spot, name, part, _each(origins, "parts", name)) for name, part in form.parts.items()),
            _model(form.model, self.layer.folder), _profiles(form), form.description,
        )  # fmt: skip
        self._alarms(path, form.alarms, origins)
        for name, component in form.components.items():
            self._component(spot, name, component, _each(origins, "components", name))

    def _component(self, owner: _Spot, name: str, form: TypeForm, origins: tuple[Origin, ...]) -> None:
        spot = _Spot(f"{owner.path}/{name}", owner.path, form.type, trail=owner.trail, prefix=owner.prefix)
        if form.type:
            origin = written(origins, "type")
            if form.type in owner.trail:
                said = f"the type {form.type} would contain itself: {' → '.join((*filter(None, owner.trail), form.type))}"
                self.faults.append(origin.fault(said, "take this component out"))
                return
            if (found := self._type(form.type, origin)) is not None:
                form, origins = merged(found.form, form), (*origins, found.origin)
            spot = replace(spot, trail=(*owner.trail, spot.type), prefix=f"{owner.prefix}{name}/")
        self._add(spot, form, origins)

    def _tag(self, name: str, asset: str, form: TagForm, origins: tuple[Origin, ...]) -> str:
        path = f"{asset}.{name}" if asset else name
        self.origins[path] = origins
        self.tags[path] = Tag(
            path, TagKind(form.kind), form.unit, form.label or spoken(name), form.quantity or quantity_of(form.unit),
            None if form.range is None else (float(form.range[0]), float(form.range[1])),
            Limits(form.limits.low_low, form.limits.low, form.limits.high, form.limits.high_high),
            form.normal, self._period(form, origins),
            (0 if form.kind == "integer" else 1) if form.decimals is None else form.decimals,
            tuple(form.values),
            self._addresses(form, asset, name),
            form.computed, form.writable, form.role, tuple(form.permissives), form.description,
        )  # fmt: skip
        return path

    def _addresses(self, form: TagForm, asset: str, tag: str) -> dict[str, str]:
        own = form.address if form.computed or "address" in form.model_fields_set else self.address
        return {protocol: self._address(address, asset, tag) for protocol, address in own.items()}

    def _address(self, written: str, asset: str, tag: str) -> str:
        """In a nested twin, an address that speaks of no asset would be the same wherever it is nested: the path goes before."""
        where = written if "{asset}" in written or not self.layer.path else f"{self.layer.path}/{written}"
        return where.replace("{asset}", asset).replace("{tag}", tag)

    def _period(self, form: TagForm, origins: tuple[Origin, ...]) -> int | None:
        if form.period is None:
            return None if form.kind in _MOSTLY_STILL else clock.SECOND
        try:
            return None if form.period == ON_CHANGE else clock.parse_duration(form.period)
        except ValueError:
            said = f"“{form.period}” is not a period"
            self.faults.append(written(origins, "period").fault(said, "write it like 1s, 10 min, or: on change"))
            return clock.SECOND

    def _part(self, spot: _Spot, name: str, form: PartForm, origins: tuple[Origin, ...]) -> Part:
        name = spot.prefix + name
        self.origins.setdefault(f"{spot.path}#{name}", origins)
        geometry: dict[str, Any] = {} if form.shape is None else {"shape": form.shape}
        if form.mesh:
            geometry = {"mesh": self.layer.file(form.mesh.replace("{asset}", self.layer.local(spot.path)))}
            geometry |= {"frame": form.frame} if form.frame != "file" else {}
        return Part(
            spot.path, name, geometry, spot.prefix + form.on if form.on else "",
            _triple(form.origin), _triple(form.rotate), _triple(form.axis),
            form.spin_by, form.turn_by, form.scale_by, tuple((float(at), float(size)) for at, size in form.sizes),
            form.move_by, form.shown_by, form.shown_from,
            form.colour_by, form.material, form.cover, form.detail,
        )  # fmt: skip

    def _resolved(self, part: Part) -> Part:
        named = ("spin_by", "turn_by", "scale_by", "move_by", "shown_by", "colour_by")
        return replace(part, **{key: self._reference(getattr(part, key), part.asset) for key in named})  # type: ignore[arg-type]

    def _reference(self, name: str, asset: str) -> str:
        return tag_named(name, asset, self.assets, self.tags) if name else ""


def _each(origins: tuple[Origin, ...], *steps: str | int) -> tuple[Origin, ...]:
    """Where a detail was written: everywhere it was, or where it would be."""
    return tuple(origin.at(*steps) for origin in origins if origin.wrote(*steps)) or (origins[-1].at(*steps),)


def _triple(values: Sequence[float]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _profiles(form: TypeForm) -> dict[str, dict[str, Any]]:
    return {name: each.model_dump(exclude_unset=True) for name, each in form.faults.items()}


def _model(form: ModelForm | None, folder: str) -> dict[str, Any]:
    """As it was written; that of a nested package also says where its files are."""
    return {} if form is None else form.model_dump(exclude_unset=True) | ({"folder": folder} if folder else {})
