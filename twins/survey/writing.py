"""A survey as the files of a package, written as an engineer would write them by hand."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from twins.survey.glb import glb_of
from twins.survey.naming import paths_of, type_word, word
from twins.survey.survey import Survey, Thing

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_/-]*")
_NO_TEXT = {"true", "false", "null", "yes", "no", "on", "off"}
_LENS = 0.8 * float(np.tan(np.radians(15)))  # of 30 degrees, and some room around
_WIDER = 1.4  # than high
_MANY, _MOST_OF_THEM = 100, 0.95  # of so many things a few may reach out of the picture
_OUTLINE = 2_000  # points that stand for a thing
_VIEWS = 8  # viewpoints of single things
Variant = tuple[str, str, bool, str, bool]  # sort, kind, whether it has a shape, material, cover


def files_of(survey: Survey, name: str, sources: Sequence[str], notice: str = "") -> dict[str, bytes]:
    """The content of each file of the package, by name; `sources` are sentences that say where it all comes from, `notice` what
    every screen and export shall say."""
    paths, things = paths_of(survey.things), survey.things
    title = name or survey.name or "Twin"
    mesh = f"meshes/{word(title, 'twin').lower()}.glb"
    shaped = [(path, thing) for path, thing in zip(paths, things, strict=True) if len(thing.triangles)]
    attributes = {path: thing.attributes for path, thing in zip(paths, things, strict=True) if thing.attributes}
    attributes |= {"": survey.attributes} if survey.attributes else {}
    found = {
        "twin.yaml": "\n".join(_twin(survey, title, paths, mesh, sources, notice)) + "\n",
        "viewpoints.yaml": "\n".join(_viewpoints(things, paths)) + "\n" if shaped else "",
        "README.md": "\n".join(_readme(survey, title, sources)) + "\n",
        "attributes.json": json.dumps(attributes, ensure_ascii=False, indent=1) + "\n" if attributes else "",
    }
    made = {file: text.encode() for file, text in found.items() if text}
    return made | ({mesh: glb_of(shaped)} if shaped else {})


def _twin(survey: Survey, title: str, paths: Sequence[str], mesh: str, sources: Sequence[str], notice: str) -> Iterator[str]:
    yield "twin:"
    yield f"  id: {(id_ := word(title, 'twin').lower())}"
    yield f"  name: {_text(title)}"
    yield f"  description: {_text(' '.join(sources))}"
    if notice:
        yield f"  notice: {_text(notice)}"
    yield f'  address: {{ mqtt: "{id_}/{{asset}}/{{tag}}" }}'
    if survey.georeference:
        yield f"  georeference: {_flow(survey.georeference)}"
    types = _types(survey.things)
    if types:
        yield "types:"
    for variant, name in types.items():
        yield from _type(variant, name, mesh)
    yield "assets:" if paths else "assets: []"
    for path, thing in zip(paths, survey.things, strict=True):
        yield from _asset(path, thing, survey.things, types[_variant(thing)])
    if survey.relations:
        yield "relations:"
    for subject, kind, other in survey.relations:
        yield f"  - {_flow({'subject': paths[subject], 'kind': kind, 'object': paths[other]})}"


def _types(things: Sequence[Thing]) -> dict[Variant, str]:
    """A name for each sort of thing; the commonest variant of a sort has its plain name."""
    names: dict[Variant, str] = {}
    for variant, _ in Counter(map(_variant, things)).most_common():
        sort, _, shaped, material, cover = variant
        base = name = type_word(sort)
        for suffix in ("" if shaped else "-without-shape", f"-{material}", "-cover" if cover else "-plain"):
            name = name if name not in names.values() else f"{name}{suffix}"
        number = 1
        while name in names.values():
            number += 1
            name = f"{base}-{number}"
        names[variant] = name
    return dict(sorted(names.items(), key=lambda each: each[1]))


def _type(variant: Variant, name: str, mesh: str) -> Iterator[str]:
    _, kind, shaped, material, cover = variant
    yield f"  {name}:"
    yield f"    kind: {kind}"
    if shaped:
        part = {"mesh": f"{mesh}#{{asset}}", "frame": "piece"}
        part |= {"material": material} if material != "equipment" else {}
        yield f"    parts: {{ body: {_flow(part | ({'cover': True} if cover else {}))} }}"


def _asset(path: str, thing: Thing, things: Sequence[Thing], type_: str) -> Iterator[str]:
    parent, _, own = path.rpartition("/")
    above = things[thing.parent].origin if thing.parent >= 0 else (0.0, 0.0, 0.0)
    at = {axis: _metres(a - b) for axis, a, b in zip("xyz", thing.origin, above, strict=True)}
    said: dict[str, Any] = {"id": own, "type": type_, "name": thing.title or thing.name or own}
    said |= {"parent": parent} if parent else {}
    line = _flow(said | {"at": at})
    if not thing.tags:
        yield f"  - {line}"
        return
    yield f"  - {line[:-2]},"
    yield "      tags: {"
    yield from (f"        {name}: {_flow(tag)}," for name, tag in thing.tags.items())
    yield "      } }"


def _viewpoints(things: Sequence[Thing], paths: Sequence[str]) -> Iterator[str]:
    shapes = {k: _outline(thing) for k, thing in enumerate(things) if len(thing.points)}
    standing = [shape for k, shape in shapes.items() if things[k].kind != "environment"]  # land and water reach far beyond
    whole = standing or list(shapes.values())
    below: dict[int, list[Any]] = {}
    for k, shape in shapes.items():
        at = k
        while at >= 0:
            below.setdefault(at, []).append(shape)
            at = things[at].parent
    yield "viewpoints:"
    yield f"  - {_flow({'name': 'Overview', **_eye(whole)})}"
    yield f"  - {_flow({'name': 'From above', **_eye(whole, above=True)})}"
    tops = [k for k in below if 1 < len(below[k]) < len(shapes)] or ([] if len(below) > _VIEWS else list(below))
    chosen = sorted(tops, key=lambda k: (paths[k].count("/"), k))[:_VIEWS]
    called = {k: things[k].title or things[k].name for k in chosen}
    names = Counter(called.values())
    for k in chosen:
        name = called[k] if names[called[k]] == 1 and called[k] else paths[k]
        view = _eye([shape - np.array(things[k].origin) for shape in below[k]])
        yield f"  - {_flow({'name': name, **view, 'asset': paths[k]})}"


def _outline(thing: Thing) -> Any:
    """Some of its points [n, 3], where it has very many."""
    every = -(-len(thing.points) // _OUTLINE)
    return thing.points[::every].astype(np.float64) + np.array(thing.origin)


def _eye(shapes: Sequence[Any], above: bool = False) -> dict[str, Any]:
    """From the south-west, so near that a picture half as wide again as high just holds all `shapes` [n, 3], of very many those
    that lie together; the flatter they lie, the steeper."""
    points = np.concatenate(shapes)
    half = np.maximum((points.max(axis=0) - points.min(axis=0)) / 2, 1e-3)
    flat = half[2] / max(half[0], half[1])
    towards = np.array([0.0, -0.02, 1.0]) if above else np.array([-0.55, -0.75, 0.36 + 0.45 * max(0.0, 1 - 2 * flat)])
    towards /= np.linalg.norm(towards)
    right = np.cross([0.0, 0.0, 1.0], towards)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(towards, right), towards])
    points = points @ axes.T
    if len(shapes) >= _MANY:
        far = np.abs(points - np.median(points, axis=0)).max(axis=1)
        points = points[far <= np.quantile(far, _MOST_OF_THEM)]
    middle, room = (points.min(axis=0) + points.max(axis=0)) / 2, 1e-3 * half.max()
    for _ in range(4):  # what is near looks larger: the middle of the picture is not that of the things
        across, along = np.maximum(np.abs(points - middle)[:, :2], room).T / np.array([[_WIDER], [1.0]])
        away = float((np.maximum(across, along) / _LENS + points[:, 2]).max()) - middle[2]
        seen = (points - middle)[:, :2] / (away + middle[2] - points[:, 2:])
        middle[:2] += (seen.min(axis=0) + seen.max(axis=0)) / 2 * away
    target = middle @ axes
    return {"eye": [_metres(v) for v in target + towards * away], "target": [_metres(v) for v in target]}


def _readme(survey: Survey, title: str, sources: Sequence[str]) -> Iterator[str]:
    yield f"# {title}"
    yield ""
    yield from (f"{sentence}" for sentence in sources)
    yield ""
    counts = Counter(thing.sort for thing in survey.things)
    yield from (f"- {number} × {type_word(sort)}" for sort, number in counts.most_common(30))
    yield ""
    yield "`twin.yaml` is yours to edit: give types and assets tags, limits and models."
    if survey.attributes or any(thing.attributes for thing in survey.things):
        yield "`attributes.json` keeps what the file said of each asset."
    if any(len(thing.triangles) for thing in survey.things):
        yield "`meshes/` holds one named mesh for each asset that has a shape."
    if survey.notes:
        yield ""
        yield from (f"- {note}" for note in survey.notes)


def _variant(thing: Thing) -> Variant:
    return thing.sort, thing.kind, len(thing.triangles) > 0, thing.material, thing.cover


def _metres(value: float) -> float:
    """To the micrometre."""
    return round(float(value), 6) + 0.0


def _flow(said: Mapping[str, Any]) -> str:
    return "{ " + ", ".join(f"{key}: {_value(value)}" for key, value in said.items()) + " }"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return _flow(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return _text(value) if isinstance(value, str) else repr(value)


def _text(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.lower() not in _NO_TEXT else json.dumps(text, ensure_ascii=False)
