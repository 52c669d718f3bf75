"""What a fresh window opens on."""

from dataclasses import replace

from twins.asset import Asset, AssetKind, Tag, Twin
from twins.clock import DAY, MINUTE, SECOND
from twins.historian.memory import MemoryRecording
from twins.record import Channel, Samples
from twins.timeline import SPEEDS
from ui.first_look import first_asset, first_choice, stride
from ui.refresh import FRAME_MS


def farm(*roots):
    """A farm with root tags, and two turbines with a power and a mast with a wind."""
    paths = [*roots, "T01.power", "T02.power", "MET.wind"]
    tags = {path: Tag(path, range=(0, 100), period_ns=MINUTE) for path in paths}
    below = {path.partition(".")[0]: path for path in paths if not path.startswith(".")}
    assets = {"": Asset("", "Farm", AssetKind.SYSTEM, tags=roots)}
    assets |= {name: Asset(name, name, AssetKind.SYSTEM, tags=(tag,)) for name, tag in below.items()}
    return Twin("farm", "Farm", AssetKind.SYSTEM, assets, tags)


def coloured(twin):
    from scene.legend import choices_of

    return first_choice(twin, choices_of(twin)).name


def test_that_the_roots_headline_colours_the_things_that_have_it_too():
    assert coloured(farm(".wind")) == "wind"


def test_that_a_headline_of_the_root_alone_colours_nothing_so_the_childrens_is_taken():
    assert coloured(farm(".total")) == "power"
    assert coloured(farm()) == "power"


def test_that_the_packages_word_counts_also_where_one_tag_alone_has_the_quantity():
    twin = farm()
    tags = twin.tags | {"MET.wind": replace(twin.tags["MET.wind"], quantity="velocity")}
    assert coloured(replace(twin, tags=tags, colour_by="velocity")) == "wind"
    assert coloured(replace(twin, tags=tags, colour_by="condition")) == ""


def test_that_a_twin_without_tags_opens_on_its_condition():
    assert coloured(Twin("bare", "Bare", AssetKind.SYSTEM, {"": Asset("", "Bare", AssetKind.SYSTEM)}, {})) == ""


def test_that_the_first_child_with_data_is_selected():
    recording = MemoryRecording()
    recording.append(Samples.numbers(Channel("T02.power", period_ns=MINUTE), [5 * MINUTE], [1.0]))
    recording.append(Samples.numbers(Channel("MET.wind", period_ns=MINUTE), [MINUTE], [1.0]))
    assert first_asset(farm(), recording.at(6 * MINUTE)) == "T02"
    assert first_asset(farm(), recording.at(2 * MINUTE)) == "MET"  # T02 was not seen by then
    assert first_asset(farm(), recording.at(0)) == "T02"
    assert first_asset(farm(), MemoryRecording().at(0)) == ""


def test_that_as_fast_as_possible_goes_from_sample_to_sample_but_is_never_slower_than_a_speed():
    assert stride([Channel("a", period_ns=10 * MINUTE), Channel("b", period_ns=30 * MINUTE), Channel("c")], DAY) == 10 * MINUTE
    assert stride([Channel("a", period_ns=SECOND // 50)], DAY // 24) > SPEEDS[-1] * FRAME_MS * SECOND / 1000
    assert stride([Channel("a", period_ns=MINUTE)], 365 * DAY) == 365 * DAY // 2000
