"""The knobs of an asset: name, value, unit; a value that is typed is held against its bounds and kept as a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QFont

from twins.simulation.knobs import Knob
from ui.numbers import unit_text
from ui.theme import SECONDARY, Theme, font

_Index = QModelIndex | QPersistentModelIndex
NAME, VALUE, UNIT = range(3)


class KnobModel(QAbstractTableModel):
    """`changes` are by key, in the knobs' units; it holds those of other assets, too."""

    complained = Signal(str)  # one sentence, "" when all is well again
    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._all: tuple[Knob, ...] = ()
        self._standing: dict[str, float] = {}  # set-points as they are
        self._sought = ""
        self.knobs: list[Knob] = []
        self.changes: dict[str, tuple[Knob, float]] = {}

    def show(self, knobs: Sequence[Knob]) -> None:
        """Those of another asset."""
        self._all = tuple(knobs)
        self.seek(self._sought)

    @property
    def points(self) -> tuple[Knob, ...]:
        """The set-points among them."""
        return tuple(knob for knob in self._all if knob.sort == "set-point")

    def stand(self, values: Mapping[str, float]) -> None:
        """Where set-points are, by key, in their units."""
        if values != self._standing:
            self._standing = dict(values)
            self.dataChanged.emit(self.index(0, VALUE), self.index(max(len(self.knobs) - 1, 0), VALUE))

    def _as_it_is(self, knob: Knob) -> float:
        return self._standing.get(knob.key, knob.value)

    def seek(self, text: str) -> None:
        """Only those with this in their name; what was changed comes first."""
        self._sought = text.strip().lower().replace(" ", "_")
        self.beginResetModel()
        found = [knob for knob in self._all if self._sought in knob.key.lower()]
        self.knobs = sorted(found, key=lambda knob: knob.key not in self.changes)
        self.endResetModel()

    def forget(self, key: str = "") -> None:
        """One change, or all."""
        self.beginResetModel()
        self.changes = {k: change for k, change in self.changes.items() if key and k != key}
        self.endResetModel()
        self.changed.emit()

    def put(self, changes: Mapping[str, tuple[Knob, float]]) -> None:
        """All changes at once."""
        self.beginResetModel()
        self.changes = dict(changes)
        self.endResetModel()
        self.changed.emit()

    # Qt's words

    def rowCount(self, parent: _Index | None = None) -> int:  # noqa: D102
        return 0 if parent is not None and parent.isValid() else len(self.knobs)

    def columnCount(self, parent: _Index | None = None) -> int:  # noqa: D102
        return 3

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return ("Knob", "Value", "")[section]
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:  # noqa: D102
        return super().flags(index) | (Qt.ItemFlag.ItemIsEditable if index.column() == VALUE else Qt.ItemFlag.NoItemFlags)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        knob = self.knobs[index.row()]
        value = self.changes.get(knob.key, (knob, self._as_it_is(knob)))[1]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                name = knob.label.replace("_", " ")
                return (name[:1].upper() + name[1:], plain(value), unit_text(knob.unit))[index.column()]
            case Qt.ItemDataRole.ToolTipRole:
                now = f"as it is: {plain(self._as_it_is(knob))} {unit_text(knob.unit)}".rstrip()
                return f"{knob.key} · {knob.sort}\n{bounds_text(knob)}\n{now}"
            case Qt.ItemDataRole.FontRole:
                strong = knob.key in self.changes and index.column() < UNIT
                return font(weight=QFont.Weight.DemiBold) if strong else font(SECONDARY) if index.column() == UNIT else font()
            case Qt.ItemDataRole.ForegroundRole:
                tokens = self._theme.tokens
                return QColor(
                    tokens.accent if knob.key in self.changes else tokens.muted if index.column() == UNIT else tokens.text
                )
            case Qt.ItemDataRole.TextAlignmentRole if index.column() == VALUE:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: D102
        knob = self.knobs[index.row()]
        text = str(value).replace("\u202f", "").replace(" ", "").replace("−", "-").replace(",", ".")
        try:
            number = float(text) if text else self._as_it_is(knob)
        except ValueError:
            self.complained.emit(f"“{value}” is no number; write one in {knob.unit or 'plain figures'}.")
            return False
        if (knob.low is not None and number < knob.low) or (knob.high is not None and number > knob.high):
            self.complained.emit(f"{plain(number)} is outside what {knob.key} can be: {bounds_text(knob)}.")
            return False
        self.complained.emit("")
        if number == self._as_it_is(knob):
            self.changes.pop(knob.key, None)
        else:
            self.changes[knob.key] = knob, number
        self.dataChanged.emit(self.index(index.row(), 0), self.index(index.row(), UNIT))
        self.changed.emit()
        return True


def bounds_text(knob: Knob) -> str:
    """How far it can be set."""
    unit = f" {unit_text(knob.unit)}" if knob.unit else ""
    if knob.low is None and knob.high is None:
        return "any value"
    if knob.low is None or knob.high is None:
        return f"up to {plain(knob.high)}{unit}" if knob.low is None else f"from {plain(knob.low)}{unit}"
    return f"{plain(knob.low)} to {plain(knob.high)}{unit}"


def plain(value: float) -> str:
    """A number that can be typed again."""
    return f"{value:.6g}"
