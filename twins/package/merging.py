"""A type as one asset or component has it: what is said nearer counts more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from twins.package.schema import AssetForm, ModelForm, TypeForm

_Form = TypeVar("_Form", bound=BaseModel)


def overridden(form: TypeForm, asset: AssetForm) -> TypeForm:
    """A type with what one asset says differently."""
    said = {"kind", "description", "shows"} & asset.model_fields_set
    own: dict[str, Any] = {"name": asset.name or asset.id, **{key: getattr(asset, key) for key in said}}
    changed = {"tags": _each_changed(form.tags, asset.tags), "alarms": _each_changed(form.alarms, asset.alarms)}
    return form.model_copy(update={**own, **changed, "model": _remodelled(form.model, asset.model)})


def merged(form: TypeForm, component: TypeForm) -> TypeForm:
    """A type as one component takes it over."""
    own: dict[str, Any] = {key: getattr(component, key) for key in component.model_fields_set}
    changed = {"tags": _each_changed(form.tags, component.tags), "alarms": _each_changed(form.alarms, component.alarms)}
    joined = {key: {**getattr(form, key), **getattr(component, key)} for key in ("parts", "components", "faults")}
    return form.model_copy(update={**own, **joined, **changed, "model": _remodelled(form.model, component.model)})


def _each_changed(forms: Mapping[str, _Form], own: Mapping[str, _Form]) -> dict[str, _Form]:
    """Each with the fields that are said nearer, and those that are only there."""
    return {**forms, **{name: _changed(forms.get(name), each) for name, each in own.items()}}


def _changed(form: _Form | None, own: _Form) -> _Form:
    return own if form is None else form.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})


def _remodelled(form: ModelForm | None, own: ModelForm | None) -> ModelForm | None:
    if form is None or own is None:
        return own or form
    changed = {key: getattr(own, key) for key in own.model_fields_set}
    return form.model_copy(update={**changed, "parameters": {**form.parameters, **own.parameters}})
