"""FMU: a model that somebody else exported stands for an asset; one that means harm is contained, and told in one sentence."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import textwrap
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml

from twins import InputError
from twins.checking import check
from twins.clock import MINUTE, SECOND, parse_time
from twins.emulator import Plant
from twins.historian.file import RecordingFile
from twins.package.archive import zipped
from twins.package.loader import load
from twins.physics import FmuError
from twins.physics.fmu import FmuModel
from twins.physics.model import beginning, defaults
from twins.record import Channel, Samples
from twins.simulation.forecast import forecast
from twins.simulation.forking import Origin, forked
from twins.simulation.run import RunCancelled
from twins.simulation.scenario import Scenario
from twins.simulation.scenario_file import with_settings
from twins.simulation.whatif import what_if

START = parse_time("2026-03-01T06:00:00Z")
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines native code")
TWO = """
from pythonfmu import Boolean, Fmi2Causality, Fmi2Slave, Fmi2Variability, Real
class {name}(Fmi2Slave):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inflow, self.level, self.area, self.full = 1.0, 0.5, 2.0, False
        self.register_variable(Real("inflow", causality=Fmi2Causality.input))
        self.register_variable(Real("level", causality=Fmi2Causality.output))
        self.register_variable(Boolean("full", causality=Fmi2Causality.output))
        self.register_variable(Real("area", causality=Fmi2Causality.parameter, variability=Fmi2Variability.tunable))
    def do_step(self, t, dt):
        {act}
        self.level += dt * (self.inflow - 0.4 * self.level) / self.area / 60
        self.full = self.level > 2
        return True
"""
THREE = """
from pythonfmu3 import Fmi3Causality, Fmi3Slave, Fmi3Variability, Float64
class {name}(Fmi3Slave):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.time, self.inflow, self.level, self.area = 0.0, 1.0, 0.5, 2.0
        self.register_variable(Float64("time", causality=Fmi3Causality.independent, variability=Fmi3Variability.continuous))
        self.register_variable(Float64("inflow", causality=Fmi3Causality.input, variability=Fmi3Variability.continuous))
        self.register_variable(Float64("level", causality=Fmi3Causality.output, variability=Fmi3Variability.continuous))
        self.register_variable(Float64("area", causality=Fmi3Causality.parameter, variability=Fmi3Variability.tunable))
    def do_step(self, t, dt):
        {act}
        self.level += dt * (self.inflow - 0.4 * self.level) / self.area / 60
        return True
"""


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """Exports a tank that does something more at each step, as FMI 2.0 or 3.0; answers the file's content."""
    made: dict[tuple[str, int], bytes] = {}

    def _exported(act="pass", version=2):
        if (act, version) not in made:
            folder = tmp_path_factory.mktemp("fmu")
            text = (TWO if version == 2 else THREE).format(name="Tank", act=textwrap.indent(act, "        ").strip())
            (folder / "tank.py").write_text(text)
            tool = "pythonfmu" if version == 2 else "pythonfmu3"
            subprocess.run([sys.executable, "-m", tool, "build", "-f", "tank.py"], cwd=folder, check=True, capture_output=True)
            made[act, version] = (folder / "Tank.fmu").read_bytes()
        return made[act, version]

    return _exported


@pytest.fixture
def site(exported, tmp_path):
    """The folder of a package with two tanks on an FMU."""

    def _site(content=None, **model):
        folder = tmp_path / "site"
        (folder / "models").mkdir(parents=True, exist_ok=True)
        (folder / "models" / "tank.fmu").write_bytes(content or exported())
        tank = {
            "kind": "component",
            "tags": {
                "level": {
                    "unit": "m", "range": [0, 5], "limits": {"high": 2.2}, "period": "1s", "address": {"mqtt": "s/{asset}/level"},
                },
                "full": {"kind": "boolean", "period": "on change", "address": {"mqtt": "s/{asset}/full"}},
                "feed": {
                    "unit": "m^3/h", "range": [0, 4], "period": "on change", "writable": True,
                    "address": {"mqtt": "s/{asset}/feed"},
                },
            },
            "model": {"fmu": "models/tank.fmu", "inputs": {"inflow": "feed"}, "parameters": {"area": 1.5}} | model,
            "faults": {"silted": {"parameter": "area", "profile": "step", "to": 0.3}},
        }  # fmt: skip
        written = {
            "twin": {"id": "site", "name": "Site", "kind": "system"},
            "types": {"tank": tank},
            "assets": [{"id": "A", "type": "tank"}, {"id": "B", "type": "tank"}],
        }
        (folder / "twin.yaml").write_text(yaml.safe_dump(written, sort_keys=False))
        return folder

    return _site


def stepped(content, dt=60.0, steps=3, inflow=1.0):
    model = FmuModel("models/tank.fmu", content)
    parameters, inputs = defaults(model.parameters, 2, 2), defaults(model.inputs, 2, 2)
    inputs[0] = inflow
    state = beginning(model, parameters)
    for k in range(steps):
        state, outputs = model.advance(state, inputs, parameters, k * dt, dt, np.zeros((0, 2, 2)))
    return model, outputs


def expected(dt=60.0, steps=3, inflow=1.0, area=2.0):
    level = 0.5
    for _ in range(steps):
        level += dt * (inflow - 0.4 * level) / area / 60
    return level


@pytest.mark.parametrize("version", [2, 3])
def test_that_both_versions_step_each_instance_for_itself(exported, version):
    model, outputs = stepped(exported(version=version))
    assert [v.name for v in model.inputs] == ["inflow"]
    assert outputs[[v.name for v in model.outputs].index("level")] == pytest.approx(np.full((2, 2), expected()))


def test_that_a_package_with_fmus_checks_emulates_and_obeys(site):
    folder = site()
    assert check(folder) == []
    plant = Plant(load(folder), START)
    plant.set("A.feed", 3.0)
    told = plant.run_to(START + 2 * MINUTE)
    a, b = (told.bits[told.channel == told.channels.place[f"{name}.level"]].view(float) for name in "AB")
    assert a[-1] > b[-1] + 0.5
    assert set(told.channels.place) == {f"{name}.{tag}" for name in "AB" for tag in ("level", "full", "feed")}


def test_that_what_if_and_forecast_run_on_it_with_parameters_faults_and_set_points(site, tmp_path):
    folder = site()
    twin, package = load(folder), zipped(folder)
    changed = with_settings(Scenario(duration=5 * MINUTE, faults=("B.silted@1 min",)), ["A.area=4", "B.feed=2"], twin)
    out = tmp_path / "w.twin-recording"
    found = what_if(twin, package, None, START, changed, out)
    with RecordingFile.open(out) as file:
        a, b = (file.between(START, START + 6 * MINUTE, [f"{name}.level"]).bits.view(float) for name in "AB")
    assert a[-1] < b[-1]
    assert {each.tag for each in found.crossings} == {"B.level"}
    band = tmp_path / "f.twin-recording"
    forecast(twin, package, None, START, Scenario(duration=5 * MINUTE, step=30 * SECOND), band, 4)
    with RecordingFile.open(band) as file:
        assert {"A.level", "A.level.p05", "A.level.p95"} <= {channel.path for channel in file.channels}


def test_that_a_what_if_from_a_record_goes_through_the_measurements_before(site, tmp_path):
    folder = site()
    twin, package = load(folder), zipped(folder)
    record = tmp_path / "r.twin-recording"
    plant = Plant(twin, START)
    plant.set("A.feed", 2.0)
    with RecordingFile.create(record, package, twin.id, START) as file:
        file.append(plant.run_to(START + 20 * MINUTE))
    out = tmp_path / "w.twin-recording"
    what_if(twin, package, record, START + 15 * MINUTE, Scenario(duration=4 * MINUTE, spin_up=14 * MINUTE), out)
    ends = []
    for path in (record, out):
        with RecordingFile.open(path) as file:
            ends.append(file.at(START + 19 * MINUTE).reading("A.level").value)
    assert ends[0] == pytest.approx(ends[1], abs=0.1)
    with pytest.raises(InputError, match=r"models/tank\.fmu can't be copied; begin from the record"):
        what_if(twin, package, out, START + 17 * MINUTE, Scenario(duration=MINUTE), tmp_path / "x.twin-recording")


HARM = {
    "crashes": ("import ctypes; ctypes.string_at(0)", "crashed"),
    "ends": ("import os; os._exit(3)", "crashed"),
    "hangs": ("import time; time.sleep(600)", "did not answer within"),
    "is refused its step": ("raise ValueError('no')", ""),
    "takes all memory": ("self.much = bytearray(1 << 40)", ""),
}


@pytest.mark.parametrize("harm", HARM)
def test_that_one_that_fails_is_one_sentence(exported, harm, monkeypatch):
    monkeypatch.setattr("twins.physics.fmu._SECONDS", 1.0)
    act, said = HARM[harm]
    began = time.monotonic()
    with pytest.raises(InputError) as refused:
        stepped(exported(act))
    assert time.monotonic() - began < 20
    assert str(refused.value).startswith("the model models/tank.fmu failed: ")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


# what native code may do: through libc, past Python's own audit
LIBC = "import ctypes; libc = ctypes.CDLL(None, use_errno=True); "
TELLS = "\nif self.level < 0: raise ValueError('it could')"


@linux
@pytest.mark.parametrize(
    "act",
    [
        "self.inflow = 1.0 if libc.fork() == -1 else -1e9",
        "self.inflow = 1.0 if libc.vfork() == -1 else -1e9",
        "self.inflow = 1.0 if libc.socket(2, 1, 0) == -1 else -1e9",
        "self.inflow = 1.0 if libc.system(b'true') != 0 else -1e9",
        "self.inflow = 1.0 if libc.open(b'{outside}', 0o102, 0o600) == -1 else -1e9",
        "self.inflow = 1.0 if libc.unlink(b'{here}') == -1 else -1e9",
        "self.inflow = 1.0 if libc.kill({pid}, 9) == -1 else -1e9",
        "self.inflow = 1.0 if libc.mkdir(b'{outside}.d', 0o700) == -1 else -1e9",
    ],
)
def test_that_native_code_forks_nothing_opens_nothing_and_writes_nowhere(exported, act, tmp_path):
    here = tmp_path / "kept"
    here.write_text("kept")
    act = LIBC + act.format(outside=tmp_path / "made", here=here, pid=os.getpid())
    _, outputs = stepped(exported(act), steps=1)
    assert outputs[0].min() > 0, "the call went through"
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@linux
def test_that_python_code_in_it_reaches_no_server(exported):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        act = f"import socket\ntry: socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 1)\nexcept OSError: pass"
        stepped(exported(act), steps=1)
        with pytest.raises(TimeoutError):
            server.accept()


def test_that_it_may_write_in_its_own_folder(exported):
    _, outputs = stepped(exported("open('mine.txt', 'w').write('x')"), steps=1)
    assert outputs[0].min() > 0


def test_that_nothing_of_it_is_left(exported):
    model, _ = stepped(exported())
    child = model._child._child
    folder = Path(model._child._folder.name)
    assert folder.is_dir()
    del model
    assert child.wait(5) is not None
    assert not folder.exists()


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x05\x06" + bytes(18)])
def test_that_what_is_no_fmu_is_a_fault_with_its_line(site, content):
    folder = site(content or b" ")
    (fault, *_) = check(folder)
    assert "models/tank.fmu can't be used" in str(fault)
    assert fault.file == "twin.yaml"
    with pytest.raises(FmuError, match="export it as FMI"):
        FmuModel("models/tank.fmu", content)


@pytest.mark.parametrize(
    ("name", "size", "told"),
    [("../../out.txt", 10, "unpacked elsewhere"), ("/etc/out", 10, "unpacked elsewhere"), ("big", 600 << 20, "too much")],
)
def test_that_one_that_unpacks_elsewhere_or_to_too_much_is_refused(name, size, told):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file, file.open(name, "w", force_zip64=True) as entry:
        for _ in range(max(1, size >> 20)):
            entry.write(bytes(min(size, 1 << 20)))
    with pytest.raises(FmuError, match=told):
        FmuModel("models/tank.fmu", packed.getvalue())


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ({"fmu": "models/tnk.fmu"}, "there is no file models/tnk.fmu in the package"),
        ({"parameters": {"aera": 1}}, "the FMU has no parameter “aera”"),
        ({"outputs": {"level": "levle"}}, "the model has no output “levle”"),
        ({"inputs": {"inflw": "feed"}}, "the model has no input “inflw”"),
        ({"physics": "signal"}, "either physics or an fmu"),
    ],
)
def test_that_what_a_package_says_of_it_is_checked(site, model, told):
    assert any(told in str(fault) for fault in check(site(**model)))


def test_that_a_cancelled_run_leaves_no_child(site, tmp_path):
    folder = site()
    with pytest.raises(RunCancelled):
        what_if(
            load(folder),
            zipped(folder),
            None,
            START,
            Scenario(duration=MINUTE),
            tmp_path / "n.twin-recording",
            cancelled=lambda: True,
        )


def test_that_a_recorded_tag_drives_the_input_that_the_package_names_for_it(site, tmp_path):
    """A's inflow was measured: the what-if of the past runs on it, and follows it to another level than B's."""
    folder = site()
    written = yaml.safe_load((folder / "twin.yaml").read_text())
    tank = written["types"]["tank"]
    tank["tags"]["feed"] = {"unit": "m^3/h", "range": [0, 4], "period": "10s", "address": {"mqtt": "s/{asset}/feed"}}
    (folder / "twin.yaml").write_text(yaml.safe_dump(written, sort_keys=False))
    assert check(folder) == []
    twin, package = load(folder), zipped(folder)
    record = tmp_path / "r.twin-recording"
    times = np.arange(START, START + 30 * MINUTE, 10 * SECOND)
    feeds = {"A.feed": np.where(times < START + 20 * MINUTE, 1.0, 3.0), "B.feed": np.full(len(times), 0.2)}
    with RecordingFile.create(record, package, twin.id, START) as file:
        for path, values in feeds.items():
            file.append(Samples.numbers(Channel.of(twin.tags[path]), times, values))
    out = tmp_path / "w.twin-recording"
    what_if(twin, package, record, START + 15 * MINUTE, Scenario(duration=14 * MINUTE, spin_up=14 * MINUTE), out)
    with RecordingFile.open(out) as file:
        before, after, other = (
            file.at(START + t * MINUTE).reading(tag).value for t, tag in ((19, "A.level"), (29, "A.level"), (29, "B.level"))
        )
    assert other < 0.8 < before < 2.6 < after
    with RecordingFile.open(record) as file:
        origin = Origin(START + 15 * MINUTE, file)
        models, _ = forked(twin, origin, Scenario(spin_up=14 * MINUTE, recorded=False), 10 * SECOND)
    assert all(np.isnan(given).all() for group in models.groups for given in group.forced.values())


def test_that_what_a_system_can_t_enforce_is_told_with_the_findings(site, tmp_path, monkeypatch):
    folder = site()
    monkeypatch.setattr("twins.physics.fmu.FmuModel.unenforced", ("This system does not keep native code from the moon.",))
    found = what_if(load(folder), zipped(folder), None, START, Scenario(duration=MINUTE), tmp_path / "w.twin-recording")
    assert found.notes == ("This system does not keep native code from the moon.",)
