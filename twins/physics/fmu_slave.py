"""In the sandbox's child: an FMU is unpacked, described, and stepped; FMI 2.0 and 3.0 co-simulation."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_KINDS = {
    "Real": "Real", "Integer": "Integer", "Boolean": "Boolean", "Enumeration": "Integer",
    "Float64": "Float64", "Float32": "Float32", "Int64": "Int64", "Int32": "Int32", "UInt8": "UInt8",
}  # fmt: skip
_LARGEST, _MOST = 512 << 20, 10_000  # bytes, files


class Slave:
    """`file` is in the child's own folder. An instance each for what it stands for; instances know their own time."""

    def __init__(self, file: str) -> None:
        # what fmpy imports later is imported now, while files may still be read without asking
        import fmpy.fmi2
        import fmpy.fmi3  # noqa: F401
        from fmpy import extract, read_model_description

        _weigh(file)
        self._folder = str(Path.cwd() / "unpacked")
        extract(file, self._folder)
        self._described = read_model_description(self._folder, validate=False)  # many that run well are not to the letter
        if self._described.coSimulation is None:
            raise ValueError("it is for model exchange; export it for co-simulation")
        self._variables = {v.name: v for v in self._described.modelVariables}
        self._instances: dict[int, tuple[Any, float]] = {}
        self._fixed = bool(getattr(self._described.coSimulation, "canHandleVariableCommunicationStepSize", True))
        experiment = self._described.defaultExperiment
        self._step = float(experiment.stepSize) if experiment and experiment.stepSize and not self._fixed else 0.0

    def describe(self) -> dict[str, Any]:
        """Its name, version, and inputs, outputs and parameters with units, starts and bounds."""
        once = bool(getattr(self._described.coSimulation, "canBeInstantiatedOnlyOncePerProcess", False))
        found: dict[str, Any] = {"name": self._described.modelName, "version": self._described.fmiVersion, "once": once}
        for key, causality in (("inputs", "input"), ("outputs", "output"), ("parameters", "parameter")):
            found[key] = [self._told(v) for v in self._described.modelVariables if v.causality == causality and v.type in _KINDS]
        return found

    def start(self, handles: Sequence[int], values: Mapping[str, Sequence[float]]) -> dict[str, Any]:
        """Instances with these parameters and inputs at their beginning, one value each."""
        for k, handle in enumerate(handles):
            self._instances[handle] = (self._instance(handle, {name: each[k] for name, each in values.items()}), 0.0)
        return {}

    def step(
        self, handles: Sequence[int], dt: float, values: Mapping[str, Sequence[float]], outputs: Sequence[str]
    ) -> dict[str, Any]:
        """Sets inputs and tunable parameters, goes on by `dt` s, and tells name → the output of each; null is no number."""
        told: dict[str, list[float | None]] = {name: [] for name in outputs}
        for k, handle in enumerate(handles):
            slave, time = self._instances[handle]
            for name, each in values.items():
                self._set(slave, name, each[k])
            for h in self._pieces(dt):
                self._do_step(slave, time, h)
                time += h
            self._instances[handle] = slave, time
            for name in outputs:
                value = self._get(slave, name)
                told[name].append(value if math.isfinite(value) else None)
        return {"outputs": told}

    def _pieces(self, dt: float) -> list[float]:
        if not self._step:
            return [dt]
        return [self._step] * max(1, round(dt / self._step))

    def _instance(self, handle: int, values: Mapping[str, float]) -> Any:
        from fmpy.fmi2 import FMU2Slave
        from fmpy.fmi3 import FMU3Slave

        newer = self._described.fmiVersion.startswith("3")
        make = FMU3Slave if newer else FMU2Slave
        slave = make(
            guid=self._described.guid, unzipDirectory=self._folder, instanceName=f"i{handle}",
            modelIdentifier=self._described.coSimulation.modelIdentifier,
        )  # fmt: skip
        slave.instantiate()
        if not newer:
            slave.setupExperiment(startTime=0.0)
        for name, value in values.items():
            if self._variables[name].causality == "parameter":
                self._set(slave, name, value)
        slave.enterInitializationMode()
        for name, value in values.items():
            if self._variables[name].causality == "input":
                self._set(slave, name, value)
        slave.exitInitializationMode()
        return slave

    def _do_step(self, slave: Any, time: float, h: float) -> None:
        told = slave.doStep(currentCommunicationPoint=time, communicationStepSize=h)
        if isinstance(told, tuple) and told[1]:
            raise ValueError(f"it ended its simulation at {time + h:g} s")

    def _set(self, slave: Any, name: str, value: float) -> None:
        variable = self._variables[name]
        kind = _KINDS[variable.type]
        whole: Any = value if kind in ("Real", "Float64", "Float32") else bool(value) if kind == "Boolean" else round(value)
        getattr(slave, f"set{kind}")([variable.valueReference], [whole])

    def _get(self, slave: Any, name: str) -> float:
        variable = self._variables[name]
        (value,) = getattr(slave, f"get{_KINDS[variable.type]}")([variable.valueReference])
        return float(value)

    def _told(self, variable: Any) -> dict[str, Any]:
        return {
            "name": variable.name,
            "unit": variable.unit or getattr(variable.declaredType, "unit", None) or "",
            "start": _number(variable.start),
            "low": _number(variable.min),
            "high": _number(variable.max),
            "tunable": variable.variability == "tunable",
        }


def _weigh(file: str) -> None:
    """Raises ValueError for what would unpack to too much, or elsewhere."""
    with zipfile.ZipFile(file) as packed:
        entries = packed.infolist()
        size = sum(entry.file_size for entry in entries)
        if size > _LARGEST or len(entries) > _MOST:
            raise ValueError(f"it unpacks to {size >> 20} MB in {len(entries)} files, which is too much")
        outside = [
            entry.filename for entry in entries if ".." in Path(entry.filename).parts or Path(entry.filename).is_absolute()
        ]
        if outside:
            raise ValueError(f"it would be unpacked elsewhere: {outside[0][:60]}")


def _number(text: Any) -> float | None:
    if text is None:
        return None
    words = {"true": 1.0, "false": 0.0}
    try:
        value = words[text] if text in words else float(text)
    except (ValueError, TypeError):
        return None
    return value if math.isfinite(value) else None
