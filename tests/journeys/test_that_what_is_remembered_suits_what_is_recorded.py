"""What coloured another recording is not laid over one that tells nothing of it."""

from __future__ import annotations

from ui.settings import Settings


def test_that_a_recording_without_residuals_is_not_hatched_all_over(open_window, north_ridge, record, qtbot, tmp_path):
    Settings(tmp_path / "settings.json").put("coloured by/north-ridge", "Residual in σ")
    place = open_window(north_ridge, record)
    qtbot.waitUntil(lambda: place.scene.scene.choice.title == "Power", timeout=60_000)
    assert place.scene_ties.coloured == "Residual in σ", "where residuals are recorded it comes back"
