"""What is wrong with turnings: of who reaches the end of a street no more can turn off than there are."""

from __future__ import annotations

from collections.abc import Iterator

from twins.asset import Twin
from twins.package.archive import ROOT
from twins.package.draft import Draft
from twins.package.fault import Fault
from twins.package.layer import Layer, layers_of
from twins.package.schema import TwinFile

_KIND = "turns_to"
_ROUNDED = 0.005  # shares of two or three decimals may add up to so much more


def turning_faults(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Of every package once, however often it is held; each street where its shares pass the whole."""
    for layer in {each.folder: each for each in layers_of(twin)}.values():
        form, _ = made.packages.get(layer.folder, (None, {}))
        if form is not None:
            yield from _beyond_all(made, form, layer)


def _beyond_all(made: Draft, form: TwinFile, layer: Layer) -> Iterator[Fault]:
    turned: dict[str, float] = {}
    last = {each.subject: k for k, each in enumerate(form.relations) if each.kind == _KIND}
    for each in form.relations:
        if each.kind == _KIND:
            turned[each.subject] = turned.get(each.subject, 0.0) + each.share
    for street, share in turned.items():
        if share > 1 + _ROUNDED:
            place = ("relations", last[street], "share")
            said = f"share: what turns off at the end of {street} adds up to {share:.4g}"
            yield made.documents[layer.file(ROOT)].fault(place, said, "write shares that add up to 1 at most")
