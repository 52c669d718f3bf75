"""A tag list, as plants keep them in spreadsheets: each row a quantity of an asset, bound to the assets by name."""

from __future__ import annotations

import csv
import difflib
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from twins import InputError, clock
from twins.expression import scale
from twins.survey.naming import paths_of, tag_word, word
from twins.survey.survey import MOST_THINGS, Survey, Thing, clean

TABLES = (".csv", ".tsv", ".txt")
LARGEST = 20 << 20  # bytes
MOST_ROWS = 100_000
_LABEL, _LABEL_WORDS = 24, 3  # signs and words, at most
HEADERS: Mapping[str, Sequence[str]] = {
    "path": ("path", "tagpath", "tagid", "id", "fullname", "itemname"),
    "asset": ("asset", "assetname", "equipment", "device", "object", "component", "location", "element", "anlage", "geraet"),
    "tag": ("tag", "tagname", "name", "signal", "point", "pointname", "variable", "measurement", "messstelle", "quantity"),
    "unit": ("unit", "units", "uom", "engineeringunit", "engunit", "eu", "einheit"),
    "kind": ("kind", "type", "datatype", "format", "typ"),
    "minimum": ("rangemin", "min", "minimum", "low range", "rangelow", "lrv", "eulo", "scalemin", "from"),
    "maximum": ("rangemax", "max", "maximum", "rangehigh", "urv", "euhi", "scalemax", "to"),
    "range": ("range", "messbereich"),
    "low_low": ("lowlow", "ll", "lolo", "limitlowlow", "lowlowlimit", "alarmlowlow"),
    "low": ("low", "l", "lo", "limitlow", "lowlimit", "alarmlow", "lowalarm"),
    "high": ("high", "h", "hi", "limithigh", "highlimit", "alarmhigh", "highalarm"),
    "high_high": ("highhigh", "hh", "hihi", "limithighhigh", "highhighlimit", "alarmhighhigh"),
    "address": ("address", "mqtt", "topic", "mqtttopic", "node", "nodeid", "adresse"),
    "period": ("period", "interval", "scanrate", "samplerate", "cycle", "zyklus"),
    "description": ("description", "desc", "label", "comment", "beschreibung", "bezeichnung", "text"),
    "writable": ("writable", "writeable", "access", "rw"),
    "values": ("values", "states", "enumeration", "enum"),
}
_KNOWN = {each.replace(" ", ""): name for name, said in HEADERS.items() for each in said}
_KINDS = {
    **dict.fromkeys(("", "number", "float", "double", "real", "float32", "float64", "analog", "ai", "ao", "numeric"), "number"),
    **dict.fromkeys(("integer", "int", "int16", "int32", "uint16", "uint32", "dint", "word", "long", "int64"), "integer"),
    **dict.fromkeys(("boolean", "bool", "digital", "di", "do", "bit", "binary"), "boolean"),
    **dict.fromkeys(("enumeration", "enum", "state"), "enumeration"),
    **dict.fromkeys(("text", "string", "str"), "text"),
}
_UNITS = {
    "°c": "degC", "c": "degC", "deg c": "degC", "celsius": "degC", "°f": "degF", "°": "deg", "m³/h": "m^3/h", "m3/h": "m^3/h",
    "m³": "m^3", "m3": "m^3", "m²": "m^2", "m2": "m^2", "w/m²": "W/m^2", "w/m2": "W/m^2", "1/min": "rpm", "u/min": "rpm",
    "l/s": "l/s", "kwh": "kWh", "-": "", "none": "", "n/a": "", "bool": "", "mm/s": "mm/s", "%rh": "%", "% rh": "%",
}  # fmt: skip
_YES = ("yes", "true", "1", "x", "w", "rw", "read/write", "readwrite", "ja")


def bind(path: Path, survey: Survey) -> None:
    """Gives the assets of a survey the tags of a list; those that it has not are added. Raises InputError."""
    rows = _rows(path)
    if not rows:
        raise InputError(f"{path.name} holds no row below its header; write one row for each tag")
    names = _Names(survey)
    missing: dict[str, None] = {}
    addresses: dict[str, int] = {}
    lines: dict[tuple[int, str], int] = {}  # of each tag of each asset
    for line, row in rows:
        asset, tag = _split(row, path, line)
        place = names.place(asset)
        if place is None:
            missing[asset] = None
            place = names.added(asset)
        if (taken := lines.setdefault((place, tag), line)) != line:
            said = f"the tag “{clean(tag, 60)}” of {clean(asset, 60)} stands in line {taken} already"
            raise InputError(f"{path.name}:{line}: {said}; delete one of the two rows, or give its tag another name")
        thing = survey.things[place]
        own = name = tag_word(tag)
        number = 1
        while name in thing.tags:
            number += 1
            name = f"{own}_{number}"
        thing.tags[name] = told = _tag(row, tag, path, line)
        for address in told.get("address", {}).values():
            if first := addresses.get(address):
                raise InputError(
                    f"{path.name}:{line}: the address “{address}” is that of line {first} too; give each tag its own"
                )
            addresses[address] = line
    if missing and not names.alone:
        listed = ", ".join(list(missing)[:6]) + (" …" if len(missing) > 6 else "")
        many = len(missing) > 1
        what = f"{len(missing):,} assets of {path.name} have" if many else f"1 asset of {path.name} has"
        survey.notes.append(
            f"{what} no shape by {'their' if many else 'its'} name and {'were' if many else 'was'} added: {listed}."
        )


class _Names:
    """Assets by what they may be called: path, id, name, GUID, in any spelling."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self.alone = not survey.things  # nothing but this list tells of assets
        self._places: dict[str, int] = {}
        for k, (path, thing) in enumerate(zip(paths_of(survey.things), survey.things, strict=True)):
            for said in (
                path,
                path.rpartition("/")[2],
                thing.name,
                thing.key,
                *(str(thing.attributes.get(key, "")) for key in ("Tag", "label")),
            ):
                if said:
                    self._places.setdefault(_folded(said), k)

    def place(self, asset: str) -> int | None:
        """Of the asset meant, by its whole name or by the end of the one name that ends so; None where there is none."""
        said = _folded(asset)
        if said in self._places or self.alone:
            return self._places.get(said)
        ending = {place for name, place in self._places.items() if name.endswith((f"-{said}", f"/{said}"))}
        return self._places.setdefault(said, ending.pop()) if len(ending) == 1 else None

    def added(self, asset: str) -> int:
        """A new asset, and those above it that its path names."""
        parent, at = -1, ""
        for step in (each for each in asset.split("/") if each.strip()):
            at = f"{at}/{step}" if at else step
            if (known := self._places.get(_folded(at))) is None:
                if len(self._survey.things) >= MOST_THINGS:
                    raise InputError(f"the tag list names more than {MOST_THINGS:,} assets; make several twins of it")
                origin = self._survey.things[parent].origin if parent >= 0 else (0.0, 0.0, 0.0)
                self._survey.things.append(Thing(clean(step), parent, "equipment", origin=origin))
                known = self._places[_folded(at)] = len(self._survey.things) - 1
            parent = known
        return parent


def _folded(name: str) -> str:
    return "/".join(word(step, step).lower().replace("_", "-") for step in name.strip().strip("/").split("/"))


def _split(row: Mapping[str, str], path: Path, line: int) -> tuple[str, str]:
    """Asset and tag of a row: from two columns, or from a path like P1/bearing.temperature."""
    whole, asset, tag = row.get("path", ""), row.get("asset", ""), row.get("tag", "")
    if not asset and (joined := whole or tag):
        before, dot, after = joined.rpartition("." if "." in joined else "/")
        if dot:
            asset, tag = before, (after if not whole or not tag else tag)
    if not (asset.strip("/ .") and tag):
        raise InputError(
            f"{path.name}:{line}: it does not say which tag of which asset; fill in the columns asset and tag, or path"
        )
    return asset, tag


def _tag(row: Mapping[str, str], said: str, path: Path, line: int) -> dict[str, Any]:
    """As a package writes it."""
    kind = _KINDS.get(row.get("kind", "").strip().lower(), "number")
    values = [clean(each, 60) for each in re.split(r"[|,;/]", row.get("values", "")) if each.strip()]
    kind = "enumeration" if values else "text" if kind == "enumeration" else kind
    found: dict[str, Any] = {"kind": kind}
    if values:
        found["values"] = list(dict.fromkeys(values))
    told = clean(row.get("description", ""), 400)
    label = told if _is_short(told) else clean(said) if tag_word(said) != said else ""
    found |= {"label": label} if label else {}
    found |= {"description": told} if told and told != label else {}
    if kind in ("number", "integer"):
        found |= _measured(row, path, line)
    if period := row.get("period", "").strip():
        found["period"] = _period(period, path, line)
    if address := row.get("address", "").strip():
        found["address"] = {"opcua" if address.startswith("ns=") else "mqtt": clean(address, 200)}
    if row.get("writable", "").strip().lower() in _YES:
        found["writable"] = True
    return found


def _is_short(told: str) -> bool:
    """Whether it can stand for the name everywhere; a sentence, or a place in words, can't."""
    return bool(told) and len(told) <= _LABEL and len(told.split()) <= _LABEL_WORDS and told[-1] not in ".!?:"


def _measured(row: Mapping[str, str], path: Path, line: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if unit := _unit(row.get("unit", ""), path, line):
        found["unit"] = unit
    bounds = [_number(row.get(key, ""), path, line) for key in ("minimum", "maximum")]
    if row.get("range") and None in bounds:
        cut = re.match(r"\s*\[?\s*([-+]?[\d.,]+)\s*(?:\.\.+|…|–|-|to|bis|;|:)\s*([-+]?[\d.,]+)", row["range"])
        bounds = [_number(each, path, line) for each in cut.groups()] if cut else bounds
    if bounds[0] is not None and bounds[1] is not None:
        if bounds[0] >= bounds[1]:
            raise InputError(f"{path.name}:{line}: its range ends before it begins; write the smaller number as minimum")
        found["range"] = bounds
    limits = {
        key: value
        for key in ("low_low", "low", "high", "high_high")
        if (value := _number(row.get(key, ""), path, line)) is not None
    }
    if list(limits.values()) != sorted(set(limits.values())):
        raise InputError(f"{path.name}:{line}: its limits are not in order; low_low < low < high < high_high is due")
    return found | ({"limits": limits} if limits else {})


def _unit(said: str, path: Path, line: int) -> str:
    unit = _UNITS.get(said.strip().lower(), said.strip())
    if unit:
        try:
            scale(unit)
        except ValueError:
            raise InputError(f"{path.name}:{line}: “{clean(said, 40)}” is no unit; write it like degC, kW, m^3/h or %") from None
    return unit


def _number(said: str, path: Path, line: int) -> float | None:
    """12.5, 12,5, 1 200,5 and 1,200.5."""
    text = said.strip().replace("\u202f", "").replace("\u00a0", "").replace(" ", "").replace("−", "-")
    if not text:
        return None
    if "," in text and "." in text:
        text = text.replace(",", "") if text.rfind(".") > text.rfind(",") else text.replace(".", "").replace(",", ".")
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{path.name}:{line}: “{clean(said, 40)}” is no number; write one like 12.5, or leave it empty")
    return number


def _period(said: str, path: Path, line: int) -> str:
    text = said.lower().replace(",", ".")
    if text in ("on change", "onchange", "change", "event"):
        return "on change"
    text = f"{text} s" if re.fullmatch(r"[\d.]+", text) else text
    try:
        clock.parse_duration(text)
    except ValueError:
        raise InputError(
            f"{path.name}:{line}: “{clean(said, 40)}” is no period; write it like 1s, 10 min, or: on change"
        ) from None
    return text


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """(line, cells by what they mean) of each row that holds anything."""
    if not path.is_file():
        raise InputError(f"there is no file {path}; mend its name")
    if path.stat().st_size > LARGEST:
        raise InputError(f"{path.name} is larger than {LARGEST >> 20} MB; it is no tag list")
    text = text_of(path)
    lines = text.splitlines()
    head = next((k for k, line in enumerate(lines) if line.strip() and not line.startswith("#")), None)
    if head is None:
        raise InputError(f"{path.name} is empty; write a header and one row for each tag")
    separator = max(";\t,|", key=lines[head].count)
    columns = _columns(next(csv.reader([lines[head]], delimiter=separator)), path, head + 1)
    return list(_read(io.StringIO("\n".join(lines[head + 1 :])), separator, columns, path, head + 2))


def _read(
    body: io.StringIO, separator: str, columns: Mapping[int, str], path: Path, first: int
) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(body, delimiter=separator)
    try:
        for cells in reader:
            row = {columns[k]: cell.strip() for k, cell in enumerate(cells) if k in columns and cell.strip()}
            if reader.line_num > MOST_ROWS:
                raise InputError(f"{path.name} has more than {MOST_ROWS:,} rows; cut it into several lists")
            if row and not cells[0].startswith("#"):
                yield first + reader.line_num - 1, row
    except csv.Error as problem:
        raise InputError(f"{path.name}:{first + reader.line_num - 1}: {problem}; save it again as plain CSV") from None


def _columns(header: Sequence[str], path: Path, line: int) -> dict[int, str]:
    found: dict[int, str] = {}
    for k, cell in enumerate(header):
        name = _KNOWN.get(re.sub(r"[^a-zäöü]", "", cell.lower()))
        if name and name not in found.values():
            found[k] = name
    if "path" not in found.values() and "tag" not in found.values():
        near = difflib.get_close_matches(" ".join(header)[:60].lower(), list(_KNOWN), 1)
        remedy = f"did you mean “{near[0]}”?" if near else "name its columns asset, tag, unit, min, max, …"
        raise InputError(f"{path.name}:{line}: no column is called tag or path; {remedy}")
    return found


def text_of(path: Path) -> str:
    """A table's text, in whichever of the usual encodings it is. Raises InputError."""
    raw = path.read_bytes()
    encodings = ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InputError(f"{path.name} is no text; save it as CSV in UTF-8")
