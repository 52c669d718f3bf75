"""What is wrong with plots: tags that aren't there, or are no numbers."""

from __future__ import annotations

from collections.abc import Iterator

from twins.asset import TagKind, Twin
from twins.package.beside import said_in
from twins.package.draft import Draft
from twins.package.fault import Fault
from twins.package.words import did_you_mean


def plot_faults(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Of every plot."""
    for plot in twin.plots:
        if bool(plot.wave) == bool(plot.x or plot.y):
            said = f"{plot.name} is neither one tag over another nor a waveform"
            yield said_in(made, twin, "plots", plot.asset, plot.name).fault(said, "write x: and y:, or wave:")
            continue
        for key, path in (("wave", plot.wave),) if plot.wave else (("x", plot.x), ("y", plot.y)):
            origin = said_in(made, twin, "plots", plot.asset, plot.name).at(key)
            tag = twin.tags.get(path)
            if tag is None:
                remedy = did_you_mean(path, twin.tags) or "write the path of a tag, like P1.flow"
                yield origin.fault(f"{plot.name}: there is no tag “{path}”", remedy)
            elif key == "wave":
                if tag.kind is not TagKind.WAVEFORM:
                    yield origin.fault(f"{plot.name}: {path} is no waveform", "name one that is, or write x: and y:")
            elif tag.kind not in (TagKind.NUMBER, TagKind.INTEGER):
                yield origin.fault(f"{plot.name}: {path} is no number", "name a tag that is one")
