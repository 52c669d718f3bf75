"""Writing down what was learnt: a predictor's file, a model for each asset, and the card, into a package or a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from twins import InputError
from twins.clock import format_duration
from twins.historian.drafting import drafted
from twins.package.archive import ROOT
from twins.package.predictor_file import FOLDER, form_of
from twins.prognosis.anomaly.model_file import packed
from twins.prognosis.prediction import version_of
from twins.prognosis.predictors.card import Source, card_of_trained
from twins.prognosis.predictors.training import Taught
from twins.prognosis.remaining_life.card import as_markdown
from twins.prognosis.remaining_life.model import Model
from twins.prognosis.remaining_life.model_file import packed as packed_life


def written(name: str, label: str, to: Path, source: Source, found: Sequence[Taught]) -> list[Path]:
    """Into `to`/predictors where that is a package, else into `to`; a predictor of another kind stays. Raises InputError."""
    folder, file = _place(name, to)
    models = {each.asset: (f"{name}.{each.asset.replace('/', '.') or 'twin'}.npz", packed(each.learnt)) for each in found}
    text = _yaml(label, f"{name}.md", source, found, {asset: file for asset, (file, _) in models.items()})
    version = version_of(text.encode() + b"".join(content for _, content in models.values()))
    contents = dict(models.values())
    contents[f"{name}.md"] = card_of_trained(name, label, version, source, found).encode()
    contents[file] = text.encode()  # the last: without it the others are nothing
    return _put(folder, contents)


def written_lasting(
    name: str, label: str, to: Path, source: Source, assets: Sequence[str], ahead: str, model: Model
) -> list[Path]:
    """The same of how long assets last; `source.where` is the condition that ended a life. Raises InputError."""
    folder, file = _place(name, to)
    text = [
        f"# Learnt from {source.file}, {source.start} to {source.end}; {name}.md tells more.",
        f"label: {_quoted(label)}",
        f"assets: {_quoted(list(assets))}",
        "description: What it tells is as it was in lives that were about to end.",
        "action: See to it before the life that is left has passed",
        f"every: {format_duration(source.step_ns)}",
        "remaining_life:",
        f"  file: {_quoted(f'{name}.npz')}",
        f"  failed: {_quoted(source.where)}",
        f"  ahead: {ahead}",
    ]
    contents = {f"{name}.npz": packed_life(model), f"{name}.md": as_markdown(model.card).encode()}
    return _put(folder, contents | {file: ("\n".join(text) + "\n").encode()})


def _place(name: str, to: Path) -> tuple[Path, str]:
    """(folder, name of the predictor's file)."""
    folder = to / FOLDER if (to / ROOT).is_file() else to
    file = folder / f"{name}.yaml"
    if file.exists():
        form = form_of(file.name, file.read_bytes())[1]
        if form is None or (form.trained is None and form.remaining_life is None):
            raise InputError(f"{file} is a predictor that was not trained here; choose another --predictor NAME")
    return folder, file.name


def _quoted(said: object) -> str:
    return json.dumps(said, ensure_ascii=False)


def _put(folder: Path, contents: Mapping[str, bytes]) -> list[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} can't be made ({error.strerror}); choose another --to") from None
    for each, content in contents.items():
        with drafted(folder / each, over=True) as draft:
            draft.write_bytes(content)
    return [folder / each for each in contents]


def _yaml(label: str, card: str, source: Source, found: Sequence[Taught], files: dict[str, str]) -> str:
    lines = [
        f"# Learnt from {source.file}, {source.start} to {source.end}; {card} tells more.",
        f"label: {json.dumps(label, ensure_ascii=False)}",
        f"assets: {json.dumps([each.asset for each in found], ensure_ascii=False)}",
        "description: The tags named below, or how they hang together, are not as they were.",
        "action: Look at the tags that are named; compare with the assets beside it",
        *([f"where: {json.dumps(source.where, ensure_ascii=False)}"] if source.where else []),
        f"every: {format_duration(source.step_ns)}",
        "trained:",
        f"  models: {json.dumps(files, ensure_ascii=False)}",
        f"  line: {json.dumps({each.asset: round(each.line, 3) for each in found}, ensure_ascii=False)}",
        f"  stood: {json.dumps({each.asset: list(each.stood) for each in found}, ensure_ascii=False)}",
    ]
    return "\n".join(lines) + "\n"
