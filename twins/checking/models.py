"""What is wrong with models and with faults: physics, parameters, inputs and outputs, profiles and their units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from twins import InputError
from twins.asset import Asset, Tag, TagKind, Twin
from twins.checking.references import unknown_tag, visible
from twins.expression import same_dimension, tag_named
from twins.package.draft import Draft
from twins.package.fault import Fault
from twins.package.origin import Origin, written
from twins.package.words import did_you_mean
from twins.physics import (
    LIBRARY,
    CircuitError,
    DataError,
    FmuError,
    Maker,
    Model,
    RotorError,
    TableError,
    Variable,
    missing_extra,
    modelled,
    named,
    read_profile,
    read_tables,
    setting,
)
from twins.physics.profile import ProfileError
from twins.simulation.composition import composed

_NUMBERS = (TagKind.NUMBER, TagKind.INTEGER)


def model_faults(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Of every model and every fault, the environment's models included."""
    for asset in twin.assets.values():
        origins = made.origins[asset.path]
        if asset.model.get("fmu"):
            yield from _fmu(asset, twin, origins)
        elif asset.model.get("physics") == "signal":
            yield from _signal(asset, origins)
        elif asset.model:
            yield from _model(asset.model, origins, twin)
            yield from _tables(asset, twin, origins)
            yield from _bindings(asset, twin, origins)
        for name in asset.faults:
            yield from _fault(name, asset, twin, written(origins, "faults", name))
    surroundings = twin.environment.get("models")
    for name, model in surroundings.items() if isinstance(surroundings, Mapping) else ():
        yield from _model(model, (made.surroundings[name],), twin, "")


def composition_faults(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Where models that are sound each don't go together."""
    try:
        composed(twin, 0)
    except InputError as problem:
        origin = Origin(made.documents["twin.yaml"], ("relations",))
        yield _sentence(str(problem) if "; " in str(problem) else f"{problem}; see docs/package.md", origin)


def _model(model: Mapping[str, object], origins: tuple[Origin, ...], twin: Twin, key: str = "model") -> Iterator[Fault]:
    steps = (key,) if key else ()
    name = str(model.get("physics", ""))
    if not name and not model.get("fmu"):
        yield written(origins, *steps).fault("a model without physics", f"write physics: one of {', '.join(LIBRARY)}")
    if not name:
        return
    if name not in LIBRARY:
        remedy = did_you_mean(name, LIBRARY) or f"write one of {', '.join(LIBRARY)}"
        yield written(origins, *steps, "physics").fault(f"there is no physics “{name}”", remedy)
        return
    if missing := missing_extra(name):
        yield _sentence(missing, written(origins, *steps, "physics"))
    try:
        made = of_library(model, twin)
    except (DataError, CircuitError) as problem:
        yield _sentence(str(problem), written(origins, *steps, "data"))
        return
    known = {variable.name: variable for variable in made.parameters}
    parameters = model.get("parameters")
    for parameter, value in parameters.items() if isinstance(parameters, Mapping) else ():
        origin = written(origins, *steps, "parameters", parameter)
        variable = named(tuple(known.values()), parameter)
        if variable is None:
            remedy = did_you_mean(parameter, known) or f"write one of {', '.join(known)}"
            yield origin.fault(f"{name} has no parameter “{parameter}”", remedy)
        else:
            yield from _value(parameter, value, variable, origin)


def _signal(asset: Asset, origins: tuple[Origin, ...]) -> Iterator[Fault]:
    """It is no model that takes or tells anything: whatever is written of one has no effect."""
    for key in ("parameters", "inputs", "outputs", "estimate"):
        if asset.model.get(key):
            said = f"a signal has no {key}: each tag that no model speaks of wanders by itself"
            remedy = f"leave {key} out; the range and limits of a tag say where it wanders"
            yield written(origins, "model", key).fault(said, remedy)


def of_library(written: Mapping[str, object], twin: Twin) -> Model:
    """A model of the library, whatever is wrong with its parameters. Raises DataError and CircuitError where its file is at
    fault."""
    try:
        return Maker(twin.files).model(written)
    except (DataError, CircuitError):
        raise
    except ValueError:
        return LIBRARY[str(written["physics"])]()


def _fmu(asset: Asset, twin: Twin, origins: tuple[Origin, ...]) -> Iterator[Fault]:
    """It is opened in the sandbox and asked what it is."""
    if asset.model.get("physics"):
        yield written(origins, "model", "fmu").fault("a model is either physics or an fmu", "remove one of the two")
        return
    try:
        model = Maker(twin.files).model(asset.model)
    except FmuError as problem:
        yield _sentence(str(problem), written(origins, "model", "fmu"))
        return
    known = {variable.name: variable for variable in model.parameters}
    parameters = asset.model.get("parameters")
    for name, value in parameters.items() if isinstance(parameters, Mapping) else ():
        origin = written(origins, "model", "parameters", name)
        if name in known:
            yield from _value(name, value, known[name], origin)
        else:
            yield origin.fault(
                f"the FMU has no parameter “{name}”", did_you_mean(name, known) or f"it has {', '.join(known) or 'none'}"
            )
    yield from _named_outputs(asset, twin, model, written(origins, "model", "outputs"))
    yield from _named_inputs(asset, twin, model, written(origins, "model", "inputs"))


def _value(name: str, value: object, variable: Variable, origin: Origin) -> Iterator[Fault]:
    try:
        number = setting(variable, name, value)
    except ValueError as problem:
        yield _sentence(str(problem), origin)
        return
    if not variable.low <= number <= variable.high:
        said = f"{name}: {value} is outside {variable.low:g} to {variable.high:g} {variable.unit}".rstrip()
        yield origin.fault(said, "write a value within")


def _tables(asset: Asset, twin: Twin, origins: tuple[Origin, ...]) -> Iterator[Fault]:
    """Of those that are made of tables of the package, like a wind turbine of its blade and polars."""
    try:
        if read_tables(asset.model, twin.files):
            Maker(twin.files).model(asset.model)
    except TableError as problem:
        yield Fault(problem.file, problem.line, problem.message, problem.remedy)
    except RotorError as problem:
        yield _sentence(str(problem), written(origins, "model"))
    except ValueError:
        return  # told where the parameter is judged


def _bindings(asset: Asset, twin: Twin, origins: tuple[Origin, ...]) -> Iterator[Fault]:
    """Which tags tell the outputs, and which set the inputs."""
    if asset.model.get("physics") not in LIBRARY or asset.model["physics"] == "signal":
        return
    try:
        model = of_library(asset.model, twin)
    except (DataError, CircuitError):
        return  # told where the model is
    yield from _named_outputs(asset, twin, model, written(origins, "model", "outputs"))
    yield from _named_inputs(asset, twin, model, written(origins, "model", "inputs"))
    outputs = asset.model.get("outputs")
    told = {path.rpartition(".")[2]: twin.tags[path] for path in asset.tags}
    for name, tag in told.items():
        output = outputs.get(name, name) if isinstance(outputs, Mapping) else name
        variable = _named(name, model.inputs) if tag.writable else _named(str(output), model.outputs)
        yield from _misfit(tag, variable, written(origins, "tags", name))


def _named_outputs(asset: Asset, twin: Twin, model: Model, origin: Origin) -> Iterator[Fault]:
    known = [*(each.name for each in model.outputs), *(each.name for each in model.waves)]
    outputs = asset.model.get("outputs")
    for tag, output in outputs.items() if isinstance(outputs, Mapping) else ():
        yield from unknown_tag(tag, "outputs", asset.path, twin, origin.at(tag))
        if output not in known:
            remedy = did_you_mean(str(output), known) or f"write one of {', '.join(known)}"
            yield origin.at(tag).fault(f"the model has no output “{output}”", remedy)


def _named_inputs(asset: Asset, twin: Twin, model: Model, origin: Origin) -> Iterator[Fault]:
    known = [each.name for each in model.inputs]
    inputs = asset.model.get("inputs")
    for name, tag in inputs.items() if isinstance(inputs, Mapping) else ():
        if name not in known:
            remedy = did_you_mean(name, known) or f"write one of {', '.join(known)}"
            yield origin.at(name).fault(f"the model has no input “{name}”", remedy)
        yield from unknown_tag(str(tag), "inputs", asset.path, twin, origin.at(name))


def _misfit(tag: Tag, variable: Variable | None, origin: Origin) -> Iterator[Fault]:
    """A tag that is called like the model's output, or input, but is of another dimension."""
    if variable is None or tag.computed or tag.kind not in _NUMBERS or variable.words:
        return
    try:
        fits = same_dimension(tag.unit, variable.unit)
    except ValueError:
        return  # told where the unit is judged
    if not fits:
        verb = "takes" if tag.writable else "gives"
        said = f"{tag.name} is in {tag.unit or 'no unit'}, the model {verb} it in {variable.unit or 'no unit'}"
        yield origin.at("unit").fault(said, "give it a unit of that dimension, or another name")


def _named(name: str, variables: Sequence[Variable]) -> Variable | None:
    return next((variable for variable in variables if variable.name == name), None)


def _fault(name: str, asset: Asset, twin: Twin, origin: Origin) -> Iterator[Fault]:
    profile = asset.faults[name]
    tag, parameter = str(profile.get("tag", "")), str(profile.get("parameter", ""))
    whole = profile.get("profile") == "drop" and not parameter
    if bool(tag) == bool(parameter) and not (whole and not tag):
        yield origin.fault(f"the fault {name} is of one tag or of one parameter", "write either tag: … or parameter: …")
    elif tag and not tag_named(tag, asset.path, twin.assets, twin.tags):
        remedy = did_you_mean(tag, visible(asset.path, twin)) or "write the name of a tag"
        yield origin.at("tag").fault(f"tag: there is no tag “{tag}” here", remedy)
    elif parameter:
        yield from _of_parameter(name, parameter, asset, twin, origin)
    else:
        path = tag_named(tag, asset.path, twin.assets, twin.tags) if tag else ""
        yield from _profile(name, profile, twin.tags[path] if path else None, origin)


def _of_parameter(name: str, parameter: str, asset: Asset, twin: Twin, origin: Origin) -> Iterator[Fault]:
    models = list(_models(asset, twin))
    known = {variable.name: variable for model in reversed(models) for variable in model.parameters}
    if not models:
        if not any(modelled(owner.model) for owner in twin.ancestors(asset.path)):  # else the physics is unknown, and told
            yield origin.at("parameter").fault(f"the fault {name} is of a parameter, but there is no model here", "write tag: …")
    elif parameter not in known:
        remedy = did_you_mean(parameter, known) or f"write one of {', '.join(known)}"
        yield origin.at("parameter").fault(f"no model here has a parameter “{parameter}”", remedy)
    else:
        yield from _profile(name, asset.faults[name], known[parameter], origin)


def _models(asset: Asset, twin: Twin) -> Iterator[Model]:
    """Of the asset and what it is part of, as far as they can be made."""
    for owner in twin.ancestors(asset.path):
        if modelled(owner.model) and str(owner.model.get("physics", "")) in LIBRARY:
            with suppress(DataError, CircuitError):  # told where it stands
                yield of_library(owner.model, twin)
        elif owner.model.get("fmu"):
            with suppress(FmuError):  # told where it stands
                yield Maker(twin.files).model(owner.model)


def _profile(name: str, profile: Mapping[str, object], subject: Tag | Variable | None, origin: Origin) -> Iterator[Fault]:
    if isinstance(subject, Tag) and subject.kind not in _NUMBERS and profile.get("profile") in ("ramp", "drift", "noise"):
        yield origin.at("profile").fault(f"{name}: a tag of kind {subject.kind} is no number", "write step, stuck or drop")
        return
    try:
        found = read_profile(profile, subject.unit if subject else "", of_tag=not isinstance(subject, Variable))
    except ProfileError as problem:
        yield _sentence(f"{name}: {problem}", origin.at(problem.key))
        return
    except ValueError:
        return  # the tag's unit is none; told there
    if isinstance(subject, Variable) and found.shape in ("step", "ramp") and not subject.low <= found.to <= subject.high:
        said = f"{name}: to: {profile['to']} is outside {subject.low:g} to {subject.high:g} {subject.unit}".rstrip()
        yield origin.at("to").fault(said, "write a value within")


def _sentence(sentence: str, origin: Origin) -> Fault:
    message, _, remedy = sentence.rpartition("; ")
    return origin.fault(message, remedy)
