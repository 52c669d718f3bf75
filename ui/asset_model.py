"""The assets as a tree of rows: those below one are made when it is opened, and what stands in each is worked out when it is
looked at, so 10,000 cost what 30 do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from PySide6.QtCore import QAbstractItemModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt

from twins.asset import Twin
from twins.record import EventKind, Quality, Snapshot
from twins.record.event import Standing
from ui.marks import STALE, priority_of, worst
from ui.numbers import age_text, quality_words, shown, tag_label, unit_text
from ui.words import begin

TAG_MIME = "application/x-twindeck-tag"
NAME, VALUE, MARK = range(3)
ROW = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
MOST_FOUND = 1_000


@dataclass(frozen=True, slots=True)
class Row:
    """What one row says. `alarm` is the worst priority standing at or below; `doubt` why the value is not current, or ""."""

    name: str
    value: str = ""
    unit: str = ""
    sound: bool = True
    struck: bool = False
    alarm: str = ""
    doubt: str = ""
    words: str = ""

    @property
    def mark(self) -> str:
        """The shape at its end."""
        return self.alarm or (STALE if self.doubt else "")


@dataclass(slots=True)
class _Node:
    asset: str
    tag: str  # what its value is; "" for none
    is_tag: bool
    parent: int
    row: int
    children: list[int] | None = None  # not yet asked for


class AssetModel(QAbstractItemModel):
    """Assets below assets; while something is searched for, also the tags that match it."""

    def __init__(self, twin: Twin, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._twin = twin
        self._snapshot = Snapshot.empty()
        self._alarms: dict[str, str] = {}
        self._alarmed: tuple[object, ...] = ()
        self._wanted: dict[str, tuple[str, ...]] | None = None  # while something is searched for
        self.left_out = 0  # how many more were found than are shown
        self.best = ("", "")  # of what was found, the asset that is most likely meant, or the first tag
        self._nodes: list[_Node] = []
        self._places: dict[tuple[str, str], int] = {}
        self.root = ""  # the twin whose tree this is
        self.search("")

    def search(self, text: str) -> None:
        """Only the assets and tags with all of these words (the first so many), and what they are in; everything for no words."""
        words = text.lower().split()
        self.beginResetModel()
        self._nodes.clear()
        self._places.clear()
        self.left_out = 0
        self._wanted = self._found(words) if words else None
        if self._wanted is None or self.root in self._wanted:
            self._add(_Node(self.root, self._twin.assets[self.root].headline, False, -1, 0))
        self.endResetModel()

    def show(self, snapshot: Snapshot) -> None:
        """From now on rows speak of this instant."""
        self._snapshot = snapshot
        self._alarm(snapshot.standing)

    def units(self) -> frozenset[str]:
        """The units in the tree; while something is searched for, of the tags that were found, too."""
        headlines = self._headline_units
        if self._wanted is None:
            return headlines
        return headlines | {unit_text(self._twin.tags[tag].unit) for tags in self._wanted.values() for tag in tags}

    def facts(self, place: int) -> Row:
        """What the row at a place in the tree says."""
        node = self._nodes[place]
        name = tag_label(self._twin.tags[node.tag]) if node.is_tag else self._twin.assets[node.asset].name
        alarm = self._alarms.get(node.tag if node.is_tag else node.asset, "")
        if not node.tag:
            return Row(name, alarm=alarm)
        reading, tag = self._snapshot.reading(node.tag), self._twin.tags[node.tag]
        value, unit = shown(reading, tag)
        doubt = ""
        if reading.value is not None and not reading.sound:
            bad, unsure = reading.quality is Quality.BAD, reading.quality is Quality.UNCERTAIN
            doubt = "bad" if bad else age_text(reading.age_ns) if reading.stale else "unsure" if unsure else ""
        words = f"{tag_label(tag)}: {value} {unit}, {quality_words(reading)}"
        return Row(name, value, unit, reading.sound, doubt not in ("", "unsure"), alarm, doubt, words)

    def subject(self, index: Index) -> tuple[str, str]:
        """The asset and the tag ("" for an asset's own row) that an index stands for."""
        node = self._nodes[index.internalId()]
        return node.asset, node.tag if node.is_tag else ""

    def where(self, asset: str, tag: str = "") -> QModelIndex:
        """The index of a row; an invalid one while it is not shown."""
        self._open_way(asset)
        place = self._places.get((asset, tag), self._places.get((asset, "")))
        return NOWHERE if place is None else self.createIndex(self._nodes[place].row, NAME, place)

    # ------------------------------------------------------------------ what Qt asks

    def index(self, row: int, column: int, parent: Index = NOWHERE) -> QModelIndex:
        """The place of a child."""
        if not parent.isValid():
            return self.createIndex(row, column, 0) if row == 0 and self._nodes else NOWHERE
        children = self._below(parent.internalId())
        return self.createIndex(row, column, children[row]) if 0 <= row < len(children) else NOWHERE

    def parent(self, index: Index = NOWHERE) -> QModelIndex:
        """The place of what it is in."""
        if not index.isValid():
            return NOWHERE
        above = self._nodes[index.internalId()].parent
        return NOWHERE if above < 0 else self.createIndex(self._nodes[above].row, NAME, above)

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """How many are directly below."""
        if not parent.isValid():
            return 1 if self._nodes else 0
        return len(self._below(parent.internalId())) if parent.column() == NAME else 0

    def hasChildren(self, parent: Index = NOWHERE) -> bool:
        """Something is below, which need not be made to know that."""
        if not parent.isValid() or self._wanted is not None:
            return self.rowCount(parent) > 0
        return parent.column() == NAME and bool(self._twin.children(self._nodes[parent.internalId()].asset))

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """Name, value, mark."""
        return 3

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A row's text by column; all of it as `Row`; its quality in words as the tooltip."""
        if not index.isValid() or role not in (ROW, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        row = self.facts(index.internalId())
        if role == ROW:
            return row
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(filter(None, (row.name, row.words, f"worst alarm here: {row.alarm}" if row.alarm else "")))
        return (row.name, f"{row.value} {row.unit}".strip(), " ".join(filter(None, (row.alarm, row.doubt))))[index.column()]

    def flags(self, index: Index) -> Qt.ItemFlag:
        """What has a value can be dragged to a trend."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() and self._nodes[index.internalId()].tag else flags

    def mimeTypes(self) -> list[str]:
        """A tag's path."""
        return [TAG_MIME, "text/plain"]

    def mimeData(self, indexes: list[QModelIndex]) -> QMimeData:
        """The tags of the dragged rows, one a line."""
        tags = dict.fromkeys(self._nodes[index.internalId()].tag for index in indexes)
        mime = QMimeData()
        mime.setData(TAG_MIME, "\n".join(filter(None, tags)).encode())
        mime.setText("\n".join(filter(None, tags)))
        return mime

    # ------------------------------------------------------------------

    def _found(self, words: list[str]) -> dict[str, tuple[str, ...]]:
        """Assets to show → their tags to show."""
        found: dict[str, tuple[str, ...]] = {}
        assets = [path for path, text in self._asset_words.items() if all(word in text for word in words)]
        names = {path: self._twin.assets[path].name for path in assets}
        assets.sort(key=lambda path: (not begin(words, names[path]), len(names[path])))
        tags = [path for path, text in self._tag_words.items() if all(word in text for word in words)]
        self.best = (assets[0], "") if assets else (self._twin.tags[tags[0]].asset, tags[0]) if tags else ("", "")
        self.left_out = max(0, len(assets) - MOST_FOUND) + max(0, len(tags) - MOST_FOUND)
        for path in islice(tags, MOST_FOUND):
            asset = self._twin.tags[path].asset
            found[asset] = (*found.get(asset, ()), path)
        for path in islice(assets, MOST_FOUND):
            found.setdefault(path, ())
        for path in list(found):
            for above in self._twin.ancestors(path):
                found.setdefault(above.path, ())
        return found

    @cached_property
    def _headline_units(self) -> frozenset[str]:
        headlines = {asset.headline for asset in self._twin.assets.values()} - {""}
        return frozenset(unit_text(self._twin.tags[tag].unit) for tag in headlines)

    @cached_property
    def _asset_words(self) -> dict[str, str]:
        return {path: f"{asset.name} {path}".lower() for path, asset in self._twin.assets.items()}

    @cached_property
    def _tag_words(self) -> dict[str, str]:
        return {path: f"{tag_label(tag)} {path}".lower() for path, tag in self._twin.tags.items()}

    def _below(self, place: int) -> list[int]:
        """The places of what is directly below, made now if they never were."""
        node = self._nodes[place]
        if node.children is None:
            assets = [] if node.is_tag else self._twin.children(node.asset)
            tags = self._wanted[node.asset] if self._wanted is not None and not node.is_tag else ()
            shown = [asset for asset in assets if self._wanted is None or asset.path in self._wanted]
            below = [_Node(node.asset, tag, True, place, row) for row, tag in enumerate(tags)]
            below += [_Node(each.path, each.headline, False, place, len(tags) + row) for row, each in enumerate(shown)]
            node.children = [self._add(each) for each in below]
        return node.children

    def _open_way(self, asset: str) -> None:
        """Makes the rows down to an asset."""
        way = [above.path for above in self._twin.ancestors(asset)]
        if self.root in way:
            for path in reversed(way[: way.index(self.root) + 1]):
                place = self._places.get((path, ""))
                if place is None:
                    return
                self._below(place)

    def _add(self, node: _Node) -> int:
        self._nodes.append(node)
        self._places[node.asset, node.tag if node.is_tag else ""] = len(self._nodes) - 1
        return len(self._nodes) - 1

    def _alarm(self, standing: Standing) -> None:
        """The worst standing alarm of every tag and of every asset, at it or below."""
        shelved = {event.key for event in standing.of(EventKind.SHELVING)}
        alarms = tuple(event for event in standing.of(EventKind.ALARM) if event.key not in shelved)
        if alarms == self._alarmed:
            return
        self._alarmed = alarms
        self._alarms = {}
        for alarm in alarms:
            for path in self._touched(alarm.subject):
                self._alarms[path] = worst(filter(None, (self._alarms.get(path, ""), priority_of(alarm))))

    def _touched(self, subject: str) -> set[str]:
        """The tag, the assets that are about it, and everything above them."""
        tag = self._twin.tags.get(subject)
        if tag is None:
            return {asset.path for asset in self._twin.ancestors(subject)}
        about = [child.path for child in self._twin.children(tag.asset) if subject in child.shows] or [tag.asset]
        return {subject} | {asset.path for path in about for asset in self._twin.ancestors(path)}
