"""The start page: a card for each twin that ships, what was open lately; it stands aside while a twin is open, and comes back."""

import json
from typing import ClassVar

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QLabel

from ui import start_page
from ui.opened import Opened
from ui.settings import Settings
from ui.shipped import card_of, shipped
from ui.start_page import StartPage


class Child(QObject):
    """A window of a twin, without its process."""

    said, ended = Signal(str), Signal(str)
    made: ClassVar[list] = []

    def __init__(self, arguments, parent):
        super().__init__(parent)
        self.arguments, self.closed = arguments, False
        self.made.append(self)

    def start(self):
        pass

    def close(self):
        self.closed = True


@pytest.fixture
def page(qtbot, qapp, tmp_path, monkeypatch):
    monkeypatch.setattr(start_page, "Opened", Child)
    Child.made = []
    kept = tmp_path / "a day.twin-recording"
    kept.touch()
    (tmp_path / "settings.json").write_text(json.dumps({"recent": [str(kept), str(tmp_path / "gone.twin-recording")]}))
    made = StartPage(qapp, Settings(tmp_path / "settings.json"), shipped())
    qtbot.addWidget(made)
    with qtbot.waitExposed(made, timeout=60_000):
        made.show()
    yield made
    qapp.setStyleSheet("")


def test_that_every_shipped_twin_has_a_card_with_its_picture_at_once(page):
    names = [card.card.name for card in page.cards]
    assert "North Ridge wind farm" in names
    for each in shipped():
        assert each.sentence, f"{each.name} says what it is"
        assert each.picture.stat().st_size < 100_000, "main.py picture draws it"


def test_that_a_card_says_what_stands_on_every_screen_of_its_twin(page):
    [heart] = [card for card in page.cards if card.card.path.name == "heart"]
    [said] = [
        label for label in heart.findChildren(QLabel) if label.text() == "Not a medical device. For research and education."
    ]
    assert said.isVisible()
    assert said.height() >= said.heightForWidth(said.width())


def test_that_a_card_opens_its_twin_and_the_page_comes_back_when_that_is_closed(page, qtbot):
    card = page.cards[0]
    qtbot.keyClick(card, Qt.Key.Key_Space)
    (child,) = Child.made
    assert child.arguments == ["demo", str(card.card.path)]
    assert not card.isEnabled()
    assert page.isVisible(), "until there is something to see instead"
    child.said.emit("shown")
    assert not page.isVisible()
    child.said.emit("start")
    assert page.isVisible(), "asked for from the menu of the window"
    child.said.emit("shown")
    child.ended.emit("")
    assert page.isVisible()
    assert card.isEnabled()


def test_that_what_can_t_be_opened_is_said_on_the_page(page, qtbot):
    page.cards[0].click()
    Child.made[0].ended.emit("there is no broker here; install mosquitto")
    assert page.isVisible()
    assert "install mosquitto" in page._notice.text()


def test_that_quit_closes_the_twins_and_closing_the_page_leaves_them_open(page, qtbot):
    page.cards[0].click()
    (child,) = Child.made
    done = []
    page.done.connect(lambda: done.append(True))
    page.close()
    assert (done, child.closed) == ([], False), "a plant that is watched is not closed with a page"
    child.said.emit("quit")
    assert child.closed
    child.ended.emit("")
    assert done == [True]


def test_that_what_was_open_lately_opens_again(page, qtbot):
    rows = [page._lately.itemAt(k).widget() for k in range(page._lately.count())]
    assert len(rows) == 1, "what is gone is not offered"
    qtbot.mouseClick(rows[0], Qt.MouseButton.LeftButton)
    assert Child.made[0].arguments[0] == "open"
    assert Child.made[0].arguments[1].endswith("a day.twin-recording")


def test_that_a_package_that_can_t_be_read_still_has_a_card(tmp_path):
    (tmp_path / "twin.yaml").write_text("twin: [broken")
    assert card_of(tmp_path).name == tmp_path.name


def test_that_the_theme_in_force_is_marked_from_the_first_start_on(page, qtbot):
    chosen = lambda: [name for name, button in page.themes.items() if button.isChecked()]  # noqa: E731
    assert chosen() == ["grey"]
    qtbot.mouseClick(page.themes["dark"], Qt.MouseButton.LeftButton)
    assert chosen() == ["dark"]
    qtbot.mouseClick(page.themes["dark"], Qt.MouseButton.LeftButton)
    assert chosen() == ["dark"]


def test_that_what_a_page_opened_ends_with_it(qtbot, qapp):
    page = QObject()
    opened = Opened([], page)
    opened._arguments = ["-c", "import time; time.sleep(60)"]
    ended = []
    opened.ended.connect(ended.append)
    opened.start()
    assert opened._process.waitForStarted(60_000)
    qapp.aboutToQuit.emit()
    assert ended == [""]
