"""What is wrong with plots: tags that aren't there, or are no numbers."""

from __future__ import annotations

from collections.abc import Iterator

from twins.asset import TagKind, Twin
from twins.package.fault import Fault
from twins.package.loader import Draft
from twins.package.origin import Origin
from twins.package.words import did_you_mean


def plot_faults(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Of every plot."""
    for plot in twin.plots:
        for key, path in (("x", plot.x), ("y", plot.y)):
            origin = Origin(made.documents["twin.yaml"], ("plots", plot.name, key))
            tag = twin.tags.get(path)
            if tag is None:
                remedy = did_you_mean(path, twin.tags) or "write the path of a tag, like P1.flow"
                yield origin.fault(f"{plot.name}: there is no tag “{path}”", remedy)
            elif tag.kind not in (TagKind.NUMBER, TagKind.INTEGER):
                yield origin.fault(f"{plot.name}: {path} is no number", "name a tag that is one")
