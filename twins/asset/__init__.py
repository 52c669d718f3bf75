"""What exists: tags, assets, their relations, and the twin that holds them."""

from twins.asset.alarm import Alarm, Condition
from twins.asset.asset import Asset, AssetKind, Part, Placement, Relation
from twins.asset.estimated import expects, health_of, model_step, residual_of, unit_of, wandering
from twins.asset.figure import Figure, Taken, per_second
from twins.asset.plot import Plot
from twins.asset.tag import Limits, Tag, TagKind
from twins.asset.tour import Step, Tour
from twins.asset.twin import Georeference, Twin, Viewpoint
from twins.asset.version import ModelVersion

__all__ = [
    "Alarm",
    "Asset",
    "AssetKind",
    "Condition",
    "Figure",
    "Georeference",
    "Limits",
    "ModelVersion",
    "Part",
    "Placement",
    "Plot",
    "Relation",
    "Step",
    "Tag",
    "TagKind",
    "Taken",
    "Tour",
    "Twin",
    "Viewpoint",
    "expects",
    "health_of",
    "model_step",
    "per_second",
    "residual_of",
    "unit_of",
    "wandering",
]
