"""IFC 2x3 and 4 as a survey: storeys, spaces and elements with their GUIDs, properties and shapes; in a sandboxed child.

ifcopenshell reads the file; it is native code, and LGPL, so it is an extra that this module alone knows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from twins.survey.circuits import add_circuits
from twins.survey.survey import Survey, Thing, clean, packed, plain

FAR = 10_000.0  # metres from zero: such coordinates are a country's, not a building's
_END = b"END-ISO-10303-21"
_NO_THINGS = ("IfcOpeningElement", "IfcVirtualElement", "IfcPort", "IfcAnnotation", "IfcGrid", "IfcStructuralItem",
              "IfcStructuralActivity", "IfcProjectionElement", "IfcReferent")  # fmt: skip
_COVERS = ("IfcWall", "IfcSlab", "IfcRoof", "IfcCovering", "IfcPlate", "IfcCurtainWall", "IfcStair", "IfcDoor")
_GLASS = ("IfcWindow", "IfcSpace")


def survey(path: str) -> dict[str, Any]:
    """The survey of one IFC file, packed."""
    import ifcopenshell

    _refuse_torn(Path(path))
    try:
        file = ifcopenshell.open(path)
    except MemoryError:
        raise
    except Exception as damage:  # whatever it says helps nobody
        raise ValueError("it is damaged, or of a schema that is not known") from damage
    _refuse_circles(file)
    try:
        return packed(_Building(file).surveyed())
    except (TypeError, AttributeError, RuntimeError, IndexError) as damage:
        raise ValueError("it is damaged: one of its entities is not built as IFC is") from damage


class _Building:
    """The file object is held for as long as anything of it is used: it would crash else."""

    def __init__(self, file: Any) -> None:
        import ifcopenshell.util.unit

        self._file = file
        self._metres = float(ifcopenshell.util.unit.calculate_unit_scale(file))
        self._made = Survey()
        self._places: dict[int, int] = {}  # by the file's number of an entity
        if not (math.isfinite(self._metres) and self._metres > 0):
            raise ValueError("it has no unit of length that can be used")

    def surveyed(self) -> Survey:
        made = self._made
        for project in self._file.by_type("IfcProject")[:1]:
            made.name = clean(project.LongName or project.Name or "")
            self._grow(project)
        for product in self._file.by_type("IfcProduct"):
            if product.id() not in self._places and self._add(product, -1) is not None:  # it hangs on nothing
                self._grow(product, self._places[product.id()])
        if not made.things:
            raise ValueError("it holds no storeys, spaces or elements")
        self._shape()
        self._georeference()
        self._near()
        self._systems()
        self._connections()
        add_circuits(made)
        return made

    def _grow(self, top: Any, at: int = -1) -> None:
        waiting = [(child, at) for child in reversed(list(_below(top)))]
        while waiting:
            entity, parent = waiting.pop()
            if entity.id() not in self._places and (place := self._add(entity, parent)) is not None:
                waiting += [(child, place) for child in reversed(list(_below(entity)))]

    def _add(self, entity: Any, parent: int) -> int | None:
        if entity.id() in self._places or any(_is(entity, sort) for sort in _NO_THINGS) or not entity.is_a("IfcProduct"):
            return None
        sort = entity.is_a()
        spatial = _is(entity, "IfcSpatialStructureElement") or _is(entity, "IfcSpatialElement")
        kind = "system" if spatial and not _is(entity, "IfcSpace") else "component"
        thing = Thing(
            _called(entity), parent, sort, kind, entity.GlobalId or "",
            self._origin(entity), "ground" if sort == "IfcSite" else "glass" if sort in _GLASS else "equipment",
            any(_is(entity, each) for each in _COVERS), _attributes(entity),
        )  # fmt: skip
        self._places[entity.id()] = self._made.add(thing)
        return self._places[entity.id()]

    def _origin(self, entity: Any) -> tuple[float, float, float]:
        from ifcopenshell.util.placement import get_local_placement

        try:
            x, y, z = (float(v) * self._metres for v in get_local_placement(entity.ObjectPlacement)[:3, 3])
        except (AttributeError, TypeError, ValueError, IndexError, RecursionError):
            return 0.0, 0.0, 0.0
        return (x, y, z) if math.isfinite(x + y + z) else (0.0, 0.0, 0.0)

    def _shape(self) -> None:
        import ifcopenshell.geom

        shaped = [self._file.by_id(each) for each in self._places if self._file.by_id(each).Representation is not None]
        if not shaped:
            return
        geom: Any = ifcopenshell.geom  # half of it is typed
        settings = geom.settings()
        settings.set("use-world-coords", True)
        settings.set("weld-vertices", True)
        iterator = geom.iterator(settings, self._file, 1, include=shaped)
        if not iterator.initialize():
            self._made.notes.append("None of its shapes could be read.")
            return
        while True:
            shape = iterator.get()
            if (place := self._places.get(shape.id)) is not None:
                self._dress(self._made.things[place], shape.geometry)
            if not iterator.next():
                break
        missing = sum(1 for each in shaped if not len(self._made.things[self._places[each.id()]].triangles))
        if missing:
            self._made.notes.append(f"{missing:,} assets have no surface that could be read.")

    def _dress(self, thing: Thing, geometry: Any) -> None:
        points = np.array(geometry.verts, np.float64).reshape(-1, 3)
        triangles = np.array(geometry.faces, np.int32).reshape(-1, 3)
        if not len(triangles) or not np.isfinite(points).all():
            return
        if not _about(thing.origin, points):
            middle = (points.min(axis=0) + points.max(axis=0)) / 2
            thing.origin = (float(middle[0]), float(middle[1]), float(points[:, 2].min()))
        thing.points = (points - np.array(thing.origin)).astype(np.float32)
        thing.triangles = triangles

    def _near(self) -> None:
        """Coordinates of a country are brought to a zero in the middle, which the georeference keeps."""
        shaped = np.array([thing.origin for thing in self._made.things if len(thing.triangles)])
        middle = np.median(shaped, axis=0) if len(shaped) else np.zeros(3)
        if np.abs(middle).max() < FAR:
            return
        shift = np.round(middle)
        for thing in self._made.things:
            x, y, z = (np.array(thing.origin) - shift).tolist()
            thing.origin = (x, y, z) if len(thing.triangles) or max(abs(x), abs(y)) < FAR else (0.0, 0.0, 0.0)
        known = self._made.georeference.get("origin", [0.0, 0.0, 0.0])
        self._made.georeference["origin"] = [float(a + b) for a, b in zip(known, shift, strict=True)]

    def _georeference(self) -> None:
        found: dict[str, Any] = {}
        for site in self._file.by_type("IfcSite")[:1]:
            found |= {"latitude": _degrees(site.RefLatitude), "longitude": _degrees(site.RefLongitude)}
            found["elevation"] = None if site.RefElevation is None else float(site.RefElevation) * self._metres + 0.0
        for context in self._file.by_type("IfcGeometricRepresentationContext")[:1]:
            north = getattr(context, "TrueNorth", None)
            if north is not None and any(north.DirectionRatios[:2]):
                found["true_north"] = round(math.degrees(math.atan2(*north.DirectionRatios[:2])), 9)
        if self._file.schema != "IFC2X3":
            for way in self._file.by_type("IfcMapConversion")[:1]:
                found["crs"] = clean(str(way.TargetCRS.Name or ""), 100)
                found["origin"] = [float(way.Eastings), float(way.Northings), float(way.OrthogonalHeight or 0.0)]
                if way.XAxisAbscissa is not None and way.XAxisOrdinate is not None:
                    found["true_north"] = round(math.degrees(math.atan2(way.XAxisOrdinate, way.XAxisAbscissa)), 9)
        self._made.georeference = {key: value for key, value in found.items() if value is not None}

    def _systems(self) -> None:
        for system in self._file.by_type("IfcSystem"):
            members = [each for rel in system.IsGroupedBy or () for each in rel.RelatedObjects or ()]
            inside = [self._places[each.id()] for each in members if each.id() in self._places]
            if not inside:
                continue
            thing = Thing(_called(system), -1, system.is_a(), "system", system.GlobalId or "", attributes=_attributes(system))
            thing.origin = self._made.things[inside[0]].origin
            place = self._made.add(thing)
            kind = "feeds" if _is(system, "IfcElectricalCircuit") or _is(system, "IfcDistributionCircuit") else "contains"
            self._made.relations += [(place, kind, each) for each in dict.fromkeys(inside)]

    def _connections(self) -> None:
        """Along ports, from the source to the sink; “connects” where the file does not say which is which."""
        owners = {}
        for rel in self._file.by_type("IfcRelConnectsPortToElement"):
            owners[rel.RelatingPort.id()] = rel.RelatedElement.id()
        for rel in self._file.by_type("IfcRelNests"):
            for port in rel.RelatedObjects or ():
                owners.setdefault(port.id(), rel.RelatingObject.id())
        found: dict[tuple[int, str, int], None] = {}
        for rel in self._file.by_type("IfcRelConnectsPorts"):
            ends = [rel.RelatingPort, rel.RelatedPort]
            if getattr(ends[0], "FlowDirection", None) == "SINK" or getattr(ends[1], "FlowDirection", None) == "SOURCE":
                ends.reverse()
            told = {getattr(end, "FlowDirection", None) for end in ends} & {"SOURCE", "SINK"}
            a, b = (self._places.get(owners.get(end.id(), -1)) for end in ends)
            if a is not None and b is not None and a != b:
                found[a, "feeds" if told else "connects", b] = None
        self._made.relations += found


def _refuse_torn(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(200).lstrip(b"\xef\xbb\xbf \r\n\t")
        file.seek(max(0, path.stat().st_size - 4096))
        tail = file.read()
    if not head.startswith(b"ISO-10303-21"):
        raise ValueError("it does not begin as IFC files do, with ISO-10303-21")
    if _END not in tail:
        raise ValueError("it is cut short: its last line, END-ISO-10303-21, is missing")


def _refuse_circles(file: Any) -> None:
    """Placements that stand on each other would end the library."""
    above = {}
    for each in file.by_type("IfcLocalPlacement"):
        on = each.PlacementRelTo
        above[each.id()] = on.id() if on is not None else 0
    sound = {0}
    for start in above:
        chain: dict[int, None] = {}
        at = start
        while at not in sound:
            if at in chain:
                raise ValueError(f"its placement #{at} stands on itself")
            chain[at] = None
            at = above.get(at, 0)
        sound |= set(chain)


def _below(entity: Any) -> Iterator[Any]:
    for name in ("IsDecomposedBy", "IsNestedBy"):
        for rel in getattr(entity, name, None) or ():
            yield from rel.RelatedObjects or ()
    for rel in getattr(entity, "ContainsElements", None) or ():
        yield from rel.RelatedElements or ()


def _is(entity: Any, sort: str) -> bool:
    try:
        return bool(entity.is_a(sort))
    except RuntimeError:  # a class that this schema has not
        return False


def _called(entity: Any) -> str:
    name, long_name = clean(entity.Name or ""), clean(getattr(entity, "LongName", None) or "")
    if long_name and long_name.lower() not in name.lower():
        return f"{name} {long_name}".strip()
    return name or clean(getattr(entity, "ObjectType", None) or "") or entity.is_a().removeprefix("Ifc")


def _attributes(entity: Any) -> dict[str, Any]:
    from ifcopenshell.util.element import get_psets, get_type

    said: dict[str, Any] = {"GlobalId": entity.GlobalId, "class": entity.is_a()}
    for key in ("Tag", "ObjectType", "PredefinedType", "Elevation", "CompositionType", "Description"):
        said[key] = getattr(entity, key, None)
    try:
        type_ = get_type(entity)
        said["type"] = type_.Name if type_ is not None and type_ != entity else None
        sets = get_psets(entity)
    except (AttributeError, TypeError, ValueError, RuntimeError, RecursionError):
        sets = {}
    said |= {f"{name}.{key}": value for name, each in sets.items() for key, value in each.items() if key != "id"}
    return plain(said)


def _degrees(angle: Any) -> float | None:
    """Degrees, minutes, seconds and their millionths."""
    if not angle:
        return None
    parts = [*map(float, angle), 0.0, 0.0, 0.0][:4]
    found = parts[0] + parts[1] / 60 + (parts[2] + parts[3] / 1e6) / 3600
    return round(found, 9) if math.isfinite(found) and abs(found) <= 180 else None


def _about(origin: tuple[float, float, float], points: npt.NDArray[np.float64]) -> bool:
    """Whether the placement is near the shape; some programs place all at zero."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = 2 * float(np.linalg.norm(high - low)) + 1.0
    return bool((np.array(origin) > low - room).all() and (np.array(origin) < high + room).all())
