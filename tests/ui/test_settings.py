from twins.asset import Viewpoint
from ui.settings import Settings
from ui.viewpoints import OwnViewpoints


def test_that_what_was_put_is_there_the_next_time(tmp_path):
    Settings(tmp_path / "new" / "settings.json").put("theme", "dark")
    assert Settings(tmp_path / "new" / "settings.json").get("theme", "grey") == "dark"


def test_that_a_missing_file_is_no_fault(tmp_path):
    settings = Settings(tmp_path / "settings.json")
    assert settings.get("theme", "grey") == "grey"
    assert settings.notice == ""


def test_that_a_broken_file_gives_defaults_with_a_notice_and_is_kept(tmp_path):
    path = tmp_path / "settings.json"
    for broken in (b'{"theme": "da', b"\xff\xfe\x00", b"[1, 2]", b"[" * 100_000, b""):
        path.write_bytes(broken)
        settings = Settings(path)
        assert settings.get("theme", "grey") == "grey"
        assert "can't be read" in settings.notice
        assert (tmp_path / "settings.damaged.json").read_bytes() == broken
    settings.put("theme", "dark")
    assert Settings(path).get("theme", "grey") == "dark"


def test_that_a_value_of_another_type_counts_as_the_default(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text('{"theme": 7, "rotor motion": "yes", "bindings": []}')
    settings = Settings(path)
    assert settings.get("theme", "grey") == "grey"
    assert settings.get("rotor motion", True) is True
    assert settings.get("bindings", {}) == {}


def test_that_a_folder_that_can_not_be_written_costs_a_notice_only(tmp_path):
    (tmp_path / "file").write_text("in the way")
    settings = Settings(tmp_path / "file" / "settings.json")
    settings.put("theme", "dark")
    assert settings.get("theme", "grey") == "dark"
    assert "can't" in settings.notice


def test_that_own_viewpoints_are_kept_replaced_and_forgotten(tmp_path):
    own = OwnViewpoints(Settings(tmp_path / "s.json"), "farm")
    own.keep(Viewpoint("A", (0, 0, 1), (1, 1, 1)))
    own.keep(Viewpoint("B", (0, 0, 2), (1, 1, 1), "T01"))
    own.keep(Viewpoint("A", (0, 0, 3), (1, 1, 1)))
    again = OwnViewpoints(Settings(tmp_path / "s.json"), "farm")
    assert [(v.name, v.eye[2], v.asset) for v in again.all()] == [("B", 2, "T01"), ("A", 3, "")]
    again.forget("B")
    assert [v.name for v in again.all()] == ["A"]
    assert OwnViewpoints(Settings(tmp_path / "s.json"), "other").all() == ()


def test_that_what_is_no_viewpoint_is_passed_over(tmp_path):
    settings = Settings(tmp_path / "s.json")
    settings.put("viewpoints/farm", [1, None, {"name": "x"}, {"name": "y", "eye": [1], "target": [1, 2, 3]}, "z"])
    assert OwnViewpoints(settings, "farm").all() == ()
