"""What a twin has learnt of its faults, as a file of its package."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from twins import InputError
from twins.asset import Twin
from twins.prognosis.packed import Parts, pack, unpacked
from twins.prognosis.prediction import version_of
from twins.prognosis.recognition.caution import Caution
from twins.prognosis.recognition.recogniser import Learnt, Recogniser
from twins.prognosis.recognition.speaking import Usual
from twins.prognosis.trees import Forest

NAME = "predictors/faults.npz"  # within the package
KIND, VERSION = "what a twin has learnt of its faults", 4
_FORESTS = tuple(each.name for each in fields(Forest))


def save(learnt: Sequence[Learnt], card: dict[str, Any], place: Path) -> None:
    """Whole or not at all. Raises InputError."""
    parts: Parts = {}
    for k, kin in enumerate(learnt):
        parts |= {f"{k}_{i}_{name}": getattr(forest, name) for i, forest in enumerate(kin.forests) for name in _FORESTS}
        parts |= {f"{k}_over": kin.caution.over, f"{k}_odds": kin.caution.odds}
        parts |= {f"{k}_middle": kin.usual.middle, f"{k}_spread": kin.usual.spread}
    kins = [{"type": k.type, "tags": list(k.tags), "names": list(k.names), "faults": list(k.faults)} for k in learnt]
    pack(place, {"kind": KIND, "version": VERSION, "kins": kins, "card": card}, parts)


def recogniser_of(twin: Twin) -> Recogniser | None:
    """What the twin's package has learnt; None where it has nothing. Raises InputError where its file is damaged."""
    content = twin.files.get(NAME)
    return None if content is None else Recogniser(twin, read(content), version_of(content))


def read(content: bytes) -> tuple[Learnt, ...]:
    """Raises InputError where it is none of ours, or damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            said, parts = unpacked(archive, KIND, VERSION)
        return tuple(_learnt(kin, k, parts) for k, kin in enumerate(said["kins"]))
    except InputError as error:
        raise InputError(f"{NAME} can't be used: {error}; run “main.py rehearse” again") from None
    except Exception as error:  # noqa: BLE001 – whatever is wrong with a foreign file is its damage
        raise InputError(f"{NAME} is damaged ({type(error).__name__}); run “main.py rehearse” again") from None


def _learnt(said: dict[str, Any], k: int, parts: Parts) -> Learnt:
    tags, names, faults = (tuple(map(str, said[what])) for what in ("tags", "names", "faults"))
    forests = tuple(Forest(*(parts[f"{k}_{i}_{name}"] for name in _FORESTS)) for i in range(len(faults) + 1))
    for forest in forests:
        forest.check(len(names))
    caution = Caution(parts[f"{k}_over"], parts[f"{k}_odds"])
    caution.check(len(faults))
    usual = Usual(parts[f"{k}_middle"], parts[f"{k}_spread"])
    usual.check(len(names))
    return Learnt(str(said["type"]), tags, names, faults, forests, caution, usual)
