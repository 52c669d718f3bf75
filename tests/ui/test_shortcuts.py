import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLineEdit, QMainWindow, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from ui.actions import actions
from ui.key_list import KeyList
from ui.palette import Entry, Palette, found
from ui.settings import Settings
from ui.shortcuts import Action, Shortcuts
from ui.theme import Theme


class Anything:
    """Has every attribute, and each can be called."""

    def __getattr__(self, name):
        return Anything()

    def __call__(self, *arguments):
        return Anything()


@pytest.fixture
def window(qtbot, in_front):
    made = QMainWindow()
    qtbot.addWidget(made)
    inside = QWidget()
    column = QVBoxLayout(inside)
    made.field, made.tree = QLineEdit(), QTreeWidget()
    made.tree.addTopLevelItem(QTreeWidgetItem(["a"]))
    column.addWidget(made.field)
    column.addWidget(made.tree)
    made.setCentralWidget(inside)
    made.resize(300, 200)
    made.show()
    in_front(made)
    return made


@pytest.fixture
def built(window, tmp_path):
    done = []
    table = (
        Action("play", "Play", "Time", lambda: done.append("play"), ("Space", "K")),
        Action("in", "Loop from here", "Time", lambda: done.append("in"), ("[", "I")),
        Action("right", "Next sample", "Time", lambda: done.append("right"), ("Right",)),
        Action("far", "10 s on", "Time", lambda: done.append("far"), ("Shift+Right",)),
        Action("palette", "Find", "Go", lambda: done.append("palette"), ("Ctrl+K",)),
        Action("dark", "Dark", "View", lambda: done.append("dark"), (), lambda: "dark" in done),
    )
    return Shortcuts(window, table, Settings(tmp_path / "s.json")), done


def press(qtbot, widget, key, modifier=Qt.KeyboardModifier.NoModifier):
    widget.setFocus()
    qtbot.keyClick(widget, key, modifier)


def test_that_keys_work_from_a_list_too(window, built, qtbot):
    _, done = built
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Right, Qt.Key.Key_BracketLeft):
        press(qtbot, window.tree, key)
    press(qtbot, window.tree, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert done == ["play", "right", "in", "far"]


def test_that_they_are_silent_while_one_types(window, built, qtbot):
    _, done = built
    window.field.setFocus()
    qtbot.keyClicks(window.field, "[k i")
    press(qtbot, window.field, Qt.Key.Key_Right)
    press(qtbot, window.field, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert done == []
    assert window.field.text() == "[k i"
    press(qtbot, window.field, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert done == ["palette"]


def test_that_a_key_counts_by_the_character_it_produces_and_has_an_alternative(window, built, qtbot):
    _, done = built
    press(qtbot, window.tree, Qt.Key.Key_I)  # where “[” needs AltGr, a plain letter does it
    assert done == ["in"]


def test_that_a_new_binding_holds_now_and_the_next_time(window, built, qtbot, tmp_path):
    shortcuts, done = built
    assert shortcuts.rebind("play", ["Y"]) == ""
    press(qtbot, window.tree, Qt.Key.Key_Space)
    press(qtbot, window.tree, Qt.Key.Key_Y)
    assert done == ["play"]
    assert Shortcuts(window, shortcuts.actions, Settings(tmp_path / "s.json")).keys("play") == ("Y",)


def test_that_a_conflict_is_named_and_changes_nothing(built):
    shortcuts, _ = built
    assert "“Find”" in shortcuts.rebind("play", ["Ctrl+K"])
    assert shortcuts.keys("play") == ("Space", "K")
    assert shortcuts.conflicts() == {}


def test_that_default_keys_come_back(built):
    shortcuts, _ = built
    shortcuts.rebind("play", [])
    assert shortcuts.keys("play") == ()
    assert shortcuts.restore("play") == ""
    assert shortcuts.keys("play") == ("Space", "K")


def test_that_broken_bindings_in_the_settings_are_passed_over(window, tmp_path):
    settings = Settings(tmp_path / "s.json")
    settings.put("bindings", {"play": 7, "in": ["Z"], "nobody": ["Q"]})
    table = (Action("play", "Play", "Time", lambda: None, ("Space",)), Action("in", "In", "Time", lambda: None, ("[",)))
    shortcuts = Shortcuts(window, table, settings)
    assert (shortcuts.keys("play"), shortcuts.keys("in")) == (("Space",), ("Z",))


def test_that_a_menu_shows_what_is_on(window, built):
    shortcuts, _ = built
    menu = shortcuts.menu("View", window)
    assert not menu.actions()[0].isChecked()
    shortcuts.run(shortcuts.actions[-1])
    assert menu.actions()[0].isChecked()


def test_that_no_two_actions_share_a_key_and_none_takes_a_key_that_flies():
    table = actions(Anything())
    keys = [QKeySequence(key).toString() for action in table for key in action.keys]
    assert len(keys) == len(set(keys))
    assert not {"W", "A", "S", "D", "Q", "E"} & {key.removeprefix("Shift+") for key in keys}
    assert all(keys)
    assert len({action.id for action in table}) == len(table)


def test_that_every_key_of_the_transport_is_there():
    by_key = {key: action.id for action in actions(Anything()) for key in action.keys}
    keys = (
        "Space",
        "Left",
        "Right",
        "Shift+Left",
        "Shift+Right",
        "Home",
        "End",
        "[",
        "]",
        ",",
        ".",
        "N",
        "P",
        "F1",
        "Ctrl+K",
        "F",
    )
    assert [key for key in keys if key not in by_key] == []


def test_that_the_list_of_keys_is_searched_and_edited(window, built, qtbot):
    shortcuts, _ = built
    keys = KeyList(window, shortcuts)
    qtbot.addWidget(keys)
    keys.search.setText("loop")
    rows = [keys.list.topLevelItem(i) for i in range(keys.list.topLevelItemCount())]
    assert [row.text(0) for row in rows if not row.isHidden()] == ["Loop from here"]
    keys.list.setCurrentItem(next(row for row in rows if not row.isHidden()))
    keys.edit.setKeySequence(QKeySequence("J"))
    keys.add_keys()
    assert shortcuts.keys("in") == ("[", "I", "J")
    keys.edit.setKeySequence(QKeySequence("Ctrl+K"))
    keys.set_keys()
    assert shortcuts.keys("in") == ("[", "I", "J")
    keys.restore()
    assert shortcuts.keys("in") == ("[", "I")


ENTRIES = [Entry(title, detail, lambda: None) for title, detail in (("Gearbox", "T01/gearbox"), ("Generator", "T02/generator"))]
ENTRIES += [
    Entry("Gearbox oil temperature", "T02.gearbox_oil_temperature", lambda: None),
    Entry("Play or pause", "Time", lambda: None),
]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("gear", "Gearbox"),
        ("gear t02", "Gearbox oil temperature"),
        ("ppse", "Play or pause"),
        ("t02 gen", "Generator"),
        ("", "Gearbox"),
    ],
)
def test_that_the_palette_finds_what_is_meant(typed, first):
    assert found(typed, ENTRIES)[0].title == first


def test_that_a_title_whose_words_begin_like_those_typed_comes_first():
    places = [Entry("Offices 4", "b4", lambda: None), Entry("Office building", "blocks/office_b", lambda: None)]
    assert [entry.title for entry in found("office b", places)] == ["Office building", "Offices 4"]


def test_that_the_palette_finds_nothing_for_nonsense():
    assert found("xyzzy", ENTRIES) == []


def test_that_a_quarter_million_entries_are_searched():
    many = [Entry(f"Tag {i}", f"A{i % 10_000:05d}.tag_{i % 25}", lambda: None) for i in range(250_000)]
    assert {each.detail.partition(".")[0] for each in found("a00042 tag_17", many)} == {"A00042"}


def test_that_enter_runs_the_chosen_entry(window, qtbot):
    done = []
    palette = Palette(
        Theme(), window, lambda: [Entry("One", "", lambda: done.append(1)), Entry("Two", "", lambda: done.append(2))]
    )
    qtbot.addWidget(palette)
    palette.open_over()
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert done == [2]
    assert not palette.isVisible()
