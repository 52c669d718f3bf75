"""What exists: tags, assets, their relations, and the twin that holds them."""

from twins.asset.alarm import Alarm, Condition
from twins.asset.asset import Asset, AssetKind, Part, Placement, Relation
from twins.asset.tag import Limits, Tag, TagKind
from twins.asset.twin import Twin, Viewpoint

__all__ = [
    "Alarm",
    "Asset",
    "AssetKind",
    "Condition",
    "Limits",
    "Part",
    "Placement",
    "Relation",
    "Tag",
    "TagKind",
    "Twin",
    "Viewpoint",
]
