"""A type as one asset or component has it: what is said nearer counts more."""

from __future__ import annotations

from typing import Any

from twins.package.schema import AssetForm, ModelForm, TagForm, TypeForm


def overridden(form: TypeForm, asset: AssetForm) -> TypeForm:
    """A type with what one asset says differently."""
    said = {"kind", "description", "shows"} & asset.model_fields_set
    own: dict[str, Any] = {"name": asset.name or asset.id, **{key: getattr(asset, key) for key in said}}
    tags = {**form.tags, **{name: _changed(form.tags.get(name), each) for name, each in asset.tags.items()}}
    return form.model_copy(update={**own, "tags": tags, "model": _remodelled(form.model, asset.model)})


def merged(form: TypeForm, component: TypeForm) -> TypeForm:
    """A type as one component takes it over."""
    own: dict[str, Any] = {key: getattr(component, key) for key in component.model_fields_set}
    tags = {**form.tags, **{name: _changed(form.tags.get(name), each) for name, each in component.tags.items()}}
    joined = {key: {**getattr(form, key), **getattr(component, key)} for key in ("parts", "components", "faults")}
    return form.model_copy(update={**own, **joined, "tags": tags, "model": _remodelled(form.model, component.model)})


def _changed(form: TagForm | None, own: TagForm) -> TagForm:
    return own if form is None else form.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})


def _remodelled(form: ModelForm | None, own: ModelForm | None) -> ModelForm | None:
    if form is None or own is None:
        return own or form
    changed = {key: getattr(own, key) for key in own.model_fields_set}
    return form.model_copy(update={**changed, "parameters": {**form.parameters, **own.parameters}})
