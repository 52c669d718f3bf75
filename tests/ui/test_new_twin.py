"""New twin from files: made by a process of its own, said in the window, never a dead one."""

import pytest
from PySide6.QtWidgets import QMessageBox, QWidget

from tests.twins.files_of_trades import glb
from ui.new_twin import NewTwin


@pytest.fixture
def asking(qtbot):
    window, said = QWidget(), []
    qtbot.addWidget(window)
    made = NewTwin(window, said.append)
    yield made, window, said
    made.close()


def test_that_a_new_twin_is_made_and_offered(asking, qtbot, tmp_path):
    made, window, _ = asking
    (tmp_path / "a.glb").write_bytes(glb([{"name": "Pump", "mesh": 0}], [0]))
    made.make(tmp_path / "pump", [tmp_path / "a.glb"])
    qtbot.waitUntil(lambda: bool(window.findChildren(QMessageBox)), timeout=60_000)
    assert "1 assets" in window.findChildren(QMessageBox)[0].text()
    assert (tmp_path / "pump" / "twin.yaml").is_file()
    window.findChildren(QMessageBox)[0].close()


def test_that_a_refusal_is_said_in_one_sentence(asking, qtbot, tmp_path):
    made, _, said = asking
    (tmp_path / "a.glb").write_bytes(b"nothing")
    made.make(tmp_path / "pump", [tmp_path / "a.glb"])
    qtbot.waitUntil(lambda: bool(said) and "a.glb can't be used" in said[-1], timeout=60_000)
    assert not (tmp_path / "pump").exists()
