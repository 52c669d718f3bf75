"""Alarms as a package writes them: one for every limit, refined, added, left out; and what `check` says of wrong ones."""

from __future__ import annotations

import pytest
import yaml

from twins.asset import Condition
from twins.checking import check
from twins.clock import MINUTE, SECOND
from twins.package.loader import load

PACKAGE = {
    "twin": {"id": "rig", "alarms": {"idle": {"condition": "P1.state == stopped", "priority": "low"}}},
    "types": {
        "pump": {
            "kind": "component",
            "tags": {
                "oil": {"unit": "degC", "range": [0, 100], "limits": {"high": 75, "high_high": 80}},
                "due": {"unit": "degC", "range": [0, 100]},
                "flow": {"unit": "m^3/h", "range": [0, 40], "limits": {"low": 2}},
                "state": {"kind": "enumeration", "values": ["stopped", "running"]},
            },
            "alarms": {
                "hot": {
                    "tag": "oil",
                    "limit": "high",
                    "on_delay": "5 s",
                    "deadband": 2.0,
                    "priority": "high",
                    "action": "Stop it",
                },
                "quiet": {"tag": "flow", "limit": "low", "enabled": False},
                "fast": {"tag": "oil", "rate": 8.0, "per": "30 s"},
                "off": {"tag": "oil", "deviation": 5.0, "reference": "due"},
            },
        }
    },
    "assets": [{"id": "P1", "type": "pump"}, {"id": "P2", "type": "pump", "alarms": {"hot": {"priority": "low"}}}],
}


@pytest.fixture
def folder(tmp_path):
    def write(**changes):
        pump = PACKAGE["types"]["pump"]
        package = {**PACKAGE, "types": {"pump": {**pump, "alarms": {**pump["alarms"], **changes}}}}
        (tmp_path / "twin.yaml").write_text(yaml.safe_dump(package))
        return tmp_path

    return write


def test_that_every_limit_is_an_alarm_and_the_package_refines_it(folder):
    alarms = load(folder()).alarms
    hot = alarms["P1.oil/high"]
    assert (hot.limit, hot.deadband, hot.on_delay_ns, hot.priority, hot.action) == (75.0, 2.0, 5 * SECOND, "high", "Stop it")
    assert alarms["P1.oil/high_high"].deadband == 1.0, "a hundredth of the range"
    assert alarms["P2.oil/high"].priority == "low"
    assert alarms["P2.oil/high"].on_delay_ns == 5 * SECOND
    assert "P1.flow/low" not in alarms
    assert (alarms["P1/fast"].condition, alarms["P1/fast"].per_ns) == (Condition.RATE, MINUTE // 2)
    assert alarms["P1/off"].reference == "P1.due"
    assert alarms["idle"].tag == "P1.state"
    assert check(folder()) == []


@pytest.mark.parametrize(
    ("alarm", "told"),
    [
        ({"tag": "oil"}, "exactly one of"),
        ({"tag": "oil", "limit": "high", "rate": 2.0}, "exactly one of"),
        ({"tag": "oill", "limit": "high"}, "oil"),
        ({"tag": "oil", "limit": "low"}, "has no limit low"),
        ({"tag": "state", "rate": 1.0}, "is no number"),
        ({"tag": "oil", "deviation": 1.0, "reference": "flow"}, "the same unit"),
        ({"tag": "oil", "deviation": 1.0}, "no reference"),
        ({"condition": "oil + 5"}, "condition"),
        ({"condition": "state == broken"}, "broken"),
        ({"tag": "oil", "limit": "high", "on_delay": "soon"}, "not a duration"),
        ({"tag": "oil", "limit": "high", "viewpoint": "nowhere"}, "no viewpoint"),
        ({"tag": "oil", "limit": "high", "priority": "urgent"}, "priority"),
        ({"tag": "oil", "rate": -1.0}, "rate"),
    ],
)
def test_that_a_wrong_alarm_is_told_with_its_place_and_remedy(folder, alarm, told):
    faults = check(folder(wrong=alarm))
    assert faults
    assert all(fault.line > 1 and fault.remedy for fault in faults)
    assert any(told in f"{fault.message} {fault.remedy}" for fault in faults)
