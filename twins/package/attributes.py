"""What a package's file of origin says of its assets: `attributes.json`, by path; kept apart from what people write."""

from __future__ import annotations

import math
from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from typing import Any

from twins.asset import Asset
from twins.package.archive import Files
from twins.package.fault import Fault, PackageError
from twins.package.layer import Layer
from twins.package.words import did_you_mean

ATTRIBUTES = "attributes.json"
LONGEST = 10_000  # characters of one text


def given_attributes(files: Files, assets: MutableMapping[str, Asset], layer: Layer) -> list[Fault]:
    """Gives each asset its attributes, and answers what is wrong with the file."""
    file = layer.file(ATTRIBUTES)
    if file not in files.sizes:
        return []
    try:
        content = _decoded(files.read(file), file)
    except PackageError as problem:
        return list(problem.faults)
    if isinstance(content, dict):
        content = {layer.below(str(path)): said for path, said in content.items()}
    faults = list(_faults(content, assets, file))
    for path, said in content.items() if isinstance(content, dict) else ():
        if path in assets and isinstance(said, dict):
            assets[path] = replace(assets[path], attributes={k: v for k, v in said.items() if _plain(v)})
    return faults


def _decoded(content: bytes, file: str) -> Any:
    import msgspec

    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as problem:
        raise PackageError([Fault(file, 0, f"this is not JSON: {problem}", "write it anew, or delete it")]) from None


def _faults(content: Any, assets: MutableMapping[str, Asset], file: str) -> Iterator[Fault]:
    shape = 'write it like { "T01": { "serial number": "12-4" } }'
    if not isinstance(content, dict):
        yield Fault(file, 0, "a mapping by the paths of assets is due", shape)
        return
    for path, said in content.items():
        if path not in assets:
            remedy = did_you_mean(path, list(assets)[:2000]) or "write the path of an asset, or delete this"
            yield Fault(file, 0, f"there is no asset “{path[:80]}”", remedy)
        elif not isinstance(said, dict) or not all(map(_plain, said.values())):
            yield Fault(file, 0, f"{path}: names with texts, numbers, true or false are due", shape)


def _plain(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST
    return isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value))
