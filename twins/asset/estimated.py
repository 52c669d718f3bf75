"""What an estimator tells beside what is measured: what was expected of a tag, and what a parameter is by now."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from twins.asset.asset import Asset
from twins.asset.tag import Limits, Tag, TagKind
from twins.clock import SECOND, parse_duration

PERIOD_NS = 5_000_000_000
EXPECTED, SPREAD, RESIDUAL = "expected", "spread", "residual"
HEALTH = "health"
QUANTILES = ("p05", "p50", "p95")
_REACH = 6.0  # deviations: the scale of residuals
_UNIT = re.compile(r"\s*[-+]?[\d.]+(?:[eE][-+]?\d+)?\s*(.*?)\s*")


def estimated_tags(assets: Mapping[str, Asset], tags: Mapping[str, Tag]) -> dict[str, Tag]:
    """By path, of all assets whose model is to be estimated: `T01.power.expected`, `.spread`, `.residual`;
    `T01.gearbox_cooling.p05`, `.p50`, `.p95`; and `T01.health` where a declared fault bends one of these parameters.
    """
    found = [each for asset in assets.values() for each in _of_asset(asset, tags)]
    return {tag.path: tag for tag in found}


def expects(asset: Asset, tags: Mapping[str, Tag]) -> tuple[Tag, ...]:
    """The tags of an asset that are judged by its model; what there is no tag for is left out, `check` tells of it."""
    names = _estimate(asset).get("expects", ())
    paths = [f"{asset.path}.{name}" if asset.path else str(name) for name in names] if isinstance(names, (list, tuple)) else []
    return tuple(tags[path] for path in paths if path in tags)


def wandering(asset: Asset) -> Mapping[str, Mapping[str, object]]:
    """The parameters of an asset's model that are estimated: name → its `spread` and `over`, as they were written."""
    written = _estimate(asset).get("parameters", {})
    return written if isinstance(written, Mapping) else {}


def model_step(asset: Asset) -> int:
    """ns: the steps that an asset's model takes while it is followed. Raises ValueError."""
    written = str(_estimate(asset).get("step", "1 s"))
    try:
        step = parse_duration(written)
    except ValueError:
        step = 0
    if not SECOND // 100 <= step <= SECOND:
        raise ValueError(f"estimate: step: “{written}” is not from 10 ms to 1 s")
    return step


def unit_of(spread: object) -> str:
    """The unit that a spread is written in: “1 deg” → deg."""
    match = _UNIT.fullmatch(str(spread))
    return match[1] if match else ""


def residual_of(path: str) -> str:
    """The path of a tag's residual."""
    return f"{path}.{RESIDUAL}"


def _estimate(asset: Asset) -> Mapping[str, object]:
    written = asset.model.get("estimate", {})
    return written if isinstance(written, Mapping) else {}


def health_of(asset: str) -> str:
    """The path of an asset's health: 100 % where nothing points to a fault, 0 where one is as bad as the package describes it."""
    return f"{asset}.{HEALTH}"


def _of_asset(asset: Asset, tags: Mapping[str, Tag]) -> Iterator[Tag]:
    for tag in expects(asset, tags):
        told = tag.label or tag.name.replace("_", " ")
        bare = replace(
            tag, limits=Limits(), period_ns=PERIOD_NS, address={}, computed="", writable=False, role="", permissives=()
        )
        yield replace(bare, path=f"{tag.path}.{EXPECTED}", label=f"{told}, expected", decimals=tag.decimals + 1)
        unit, reach = "K" if tag.unit == "degC" else tag.unit, (tag.range[1] - tag.range[0]) / 20 if tag.range else 1.0
        yield Tag(f"{tag.path}.{SPREAD}", unit=unit, label=f"{told}, spread", range=(0.0, reach), period_ns=PERIOD_NS, decimals=2)
        yield Tag(
            residual_of(tag.path), TagKind.NUMBER, "", f"{told}, residual", RESIDUAL, (-_REACH, _REACH), Limits(), 0.0, PERIOD_NS
        )
    for name, each in wandering(asset).items():
        for quantile in QUANTILES:
            path, told = f"{asset.path}.{name}.{quantile}", f"{name.replace('_', ' ')}, {quantile}"
            yield Tag(path, unit=unit_of(each.get("spread")), label=told, period_ns=PERIOD_NS, decimals=3)
    if any(str(fault.get("parameter", "")) in wandering(asset) for fault in asset.faults.values()):
        yield Tag(health_of(asset.path), TagKind.NUMBER, "%", "health", HEALTH, (0.0, 100.0), period_ns=PERIOD_NS, decimals=0)
