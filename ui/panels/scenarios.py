"""The scenarios panel: what is running, which what-ifs and forecasts there are, and how their figures compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from twins.asset import Twin
from twins.clock import DAY, format_duration, parse_time, to_datetime
from twins.historian.query import Answers, Query
from twins.record import Snapshot
from twins.simulation.branches import Branched
from twins.simulation.crossings import LIKELY
from twins.timeline import Beside, LaneKind, Timeline
from ui.axis import stamp
from ui.numbers import grouped, unit_text
from ui.runs import FAILED, RUNNING, Run
from ui.theme import Theme, font

NOTHING = (
    "No what-if yet. Turn a knob in the Simulation panel and run it (Ctrl+Return); it appears here and as a lane of the timeline."
)
_WORDS = {LaneKind.WHAT_IF: "what-if", LaneKind.FORECAST: "forecast", LaneKind.PLANT: "plant"}


class ScenariosPanel(QWidget):
    """Emits what is asked; rows are runs, then branches. Return shows the chosen one, Delete cancels or removes it."""

    lane_asked = Signal(str)
    compare_asked = Signal(tuple)  # the keys of the branches that are chosen
    cancel_asked = Signal(object)  # a Run
    remove_asked = Signal(str)
    beside_asked = Signal(object)  # a Beside

    def __init__(self, theme: Theme, twin: Twin, timeline: Timeline) -> None:
        super().__init__()
        self._theme, self._timeline, self._zone = theme, timeline, ZoneInfo(twin.timezone)
        self._runs: list[Run] = []
        self._branches: tuple[Branched, ...] = ()
        self._shown: object = None
        self._compared: tuple[Branched, ...] = ()
        self.rows = _table(("Name", "Kind", "From", "For", "Outcome"))
        self.rows.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.rows.setToolTip("Ctrl and Shift choose several, to compare them")
        self.figures = _table(("Figure", "Plant", "What-if", "Difference"))
        self.limits = _table(("Limit", "Share", "Soonest", "By half"))
        self.tabs = QTabWidget(documentMode=True)
        self.tabs.tabBar().setDrawBase(False)
        self.empty = QLabel(NOTHING, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True, margin=18)
        self.empty.setProperty("muted", True)
        self.note = QLabel(wordWrap=True, margin=4)
        self.note.setProperty("muted", True)
        self.show_button = QPushButton("Show", toolTip="Shows it in 3D and in the trends (Return)")
        self.remove_button = QPushButton("Remove", toolTip="Cancels the run, or deletes the branch (Delete)")
        self.ways = {way: QPushButton(way.value.title(), checkable=True, autoExclusive=True) for way in Beside}
        self._lay_out()
        self._connect()

    def wanted(self) -> Query:
        """Nothing besides the snapshot."""
        return Query()

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """Marks the lane that is shown; the plant's is always shown alone."""
        branch = bool(self._timeline.shown.key)
        self.ways[self._timeline.beside if branch else Beside.ALONE].setChecked(True)
        for way, button in self.ways.items():
            button.setEnabled(branch or way is Beside.ALONE)
        self._draw()

    def show_runs(self, runs: Sequence[Run]) -> None:
        """The queue."""
        self._runs = [run for run in runs if not run.quiet or run.state == FAILED]
        self._draw()

    def show_branches(self, branches: tuple[Branched, ...]) -> None:
        """What there is."""
        self._branches = branches
        self._draw()

    def show_comparison(self, told: Mapping[str, object] | None, sentence: str = "") -> None:
        """Key figures as `compare` tells them; None while they are reckoned."""
        said = [self._stretch(told), sentence] if told else [sentence or "Reckoning…"]
        self.note.setText(" ".join(filter(None, said)))
        self.note.setVisible(bool(self.note.text()))
        rows = told["figures"] if told else ()
        courses = told["courses"] if told else ()
        assert isinstance(rows, Sequence)
        assert isinstance(courses, Sequence)
        single = len(courses) == 2
        heads = ["Figure", *map(str, courses), *(["Difference"] if single else [])]
        self.figures.setColumnCount(len(heads))
        self.figures.setHorizontalHeaderLabels(heads)
        for k in range(1, len(heads)):
            self.figures.horizontalHeaderItem(k).setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.figures.setColumnWidth(k, 84)
        self.figures.setRowCount(len(rows))
        for i, row in enumerate(rows):
            digits = int(row["decimals"])
            cells = [f"{row['label']}, {unit_text(row['unit'])}" if row["unit"] else row["label"]]
            cells += [_number(value, digits) for value in row["values"]]
            cells += [_number(row["differences"][-1], digits, signed=True)] if single else []
            for k, cell in enumerate(cells):
                item = QTableWidgetItem(cell)
                if k:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    against = _number(row["differences"][min(k, len(courses)) - 1], digits, signed=True)
                    item.setToolTip(f"{against} against {courses[0]}")
                if single and k == len(heads) - 1:
                    item.setFont(font(weight=QFont.Weight.DemiBold))
                self.figures.setItem(i, k, item)

    def _stretch(self, told: Mapping[str, object]) -> str:
        """Over which stretch, where a lane is longer."""
        span = parse_time(str(told["end"])) - parse_time(str(told["start"]))
        if span >= 0.95 * max((each.lane.end - each.lane.start for each in self._compared), default=0):
            return ""
        courses = told["courses"]
        assert isinstance(courses, Sequence)
        return f"Over the {format_duration(span)} that {'both' if len(courses) == 2 else 'all'} have."

    def chosen(self) -> Run | Branched | None:
        """What stands in the current row."""
        row = self.rows.currentRow()
        everything = (*self._runs, *self._branches)
        return everything[row] if 0 <= row < len(everything) else None

    # ------------------------------------------------------------------

    def _draw(self) -> None:
        stands = [(run.name, run.state, round(run.done, 2), run.said) for run in self._runs]
        now = (stands, self._branches, self._timeline.shown.key)
        if now == self._shown:
            return
        self._shown = now
        kept = self.rows.currentRow()
        lines = [self._of_run(run) for run in self._runs] + [self._of_branch(branch) for branch in self._branches]
        self.rows.setRowCount(len(lines))
        for i, (cells, strong) in enumerate(lines):
            for k, cell in enumerate(cells):
                item = QTableWidgetItem(cell)
                item.setToolTip(cell)
                if strong:
                    item.setFont(font(weight=QFont.Weight.DemiBold))
                    item.setForeground(QColor(self._theme.tokens.accent))
                self.rows.setItem(i, k, item)
        if lines and kept < 0:
            self.rows.setCurrentCell(0, 0)
        self._compare()
        self._stack.setCurrentIndex(1 if lines else 0)

    def _of_run(self, run: Run) -> tuple[tuple[str, ...], bool]:
        state = f"{run.done:.0%} {run.said}" if run.state == RUNNING else run.said if run.state == FAILED else run.state
        return (run.name, run.state if run.state == FAILED else "run", "", "", state), False

    def _of_branch(self, branch: Branched) -> tuple[tuple[str, ...], bool]:
        lane, found = branch.lane, branch.findings
        limits = found.get("limits", [])
        assert isinstance(limits, list)
        said = "within its limits"
        if limits:
            verb = "passes" if limits[0]["share"] >= LIKELY else "may pass"
            said = f"{verb} {limits[0]['tag']} {limits[0]['limit'].replace('_', ' ')}"
        said += f" and {len(limits) - 1} more" if len(limits) > 1 else ""
        lost = found.get("lost", [])
        said = f"diverged: {lost[0]}" if isinstance(lost, list) and lost else said
        cells = (lane.name, _WORDS[lane.kind], stamp(lane.start, self._zone), format_duration(lane.end - lane.start), said)
        return cells, lane.key == self._timeline.shown.key

    def _lay_out(self) -> None:
        left, right = QWidget(), QWidget()
        deeds = QHBoxLayout(spacing=6)
        deeds.setContentsMargins(8, 4, 8, 4)
        deeds.addWidget(self.show_button)
        for way in self.ways.values():
            deeds.addWidget(way)
        deeds.addStretch(1)
        deeds.addWidget(self.remove_button)
        column = QVBoxLayout(left, spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.rows, 1)
        column.addLayout(deeds)
        other = QVBoxLayout(right, spacing=0)
        other.setContentsMargins(0, 0, 0, 0)
        figures = QWidget()
        inside = QVBoxLayout(figures, spacing=0)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.note)
        inside.addWidget(self.figures, 1)
        self.tabs.addTab(figures, "Figures")
        self.tabs.addTab(self.limits, "Limits")
        other.addWidget(self.tabs)
        split = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        split.addWidget(left)
        split.addWidget(right)
        split.setStretchFactor(0, 1)
        split.setSizes([640, 560])
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(split)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)
        self.rows.horizontalHeader().setSectionResizeMode(4, QHeaderView.ResizeMode.Stretch)
        for section, width in enumerate((180, 78, 178, 70)):
            self.rows.setColumnWidth(section, width)
        self.figures.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.limits.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for section in (1, 2, 3):
            self.figures.setColumnWidth(section, 84)
            self.limits.setColumnWidth(section, 64 if section == 1 else 92)

    def _connect(self) -> None:
        self.rows.itemSelectionChanged.connect(self._compare)
        self.rows.itemActivated.connect(lambda _item: self._show())
        self.rows.itemDoubleClicked.connect(lambda _item: self._show())
        self.show_button.clicked.connect(self._show)
        self.remove_button.clicked.connect(self.remove)
        for way, button in self.ways.items():
            button.clicked.connect(lambda _checked=False, way=way: self.beside_asked.emit(way))

    def _show(self) -> None:
        found = self.chosen()
        if isinstance(found, Branched):
            self.lane_asked.emit(found.lane.key)

    def remove(self) -> None:
        """Cancels the chosen run, or deletes the chosen branch."""
        found = self.chosen()
        if isinstance(found, Branched):
            self.remove_asked.emit(found.lane.key)
        elif found is not None:
            self.cancel_asked.emit(found)

    def _compare(self) -> None:
        everything = (*self._runs, *self._branches)
        rows = sorted({index.row() for index in self.rows.selectedIndexes()} | {self.rows.currentRow()})
        found = tuple(each for row in rows if 0 <= row < len(everything) and isinstance(each := everything[row], Branched))
        if found and found != self._compared:
            self._compared = found
            self._show_limits(found[0])
            self.compare_asked.emit(tuple(branch.lane.key for branch in found))

    def _show_limits(self, branch: Branched) -> None:
        """Every limit that is passed, as it is told: by how many members, and when."""
        limits = branch.findings.get("limits", [])
        assert isinstance(limits, list)
        self.tabs.setTabText(1, f"Limits ({len(limits)})")
        self.limits.setRowCount(len(limits))
        for i, each in enumerate(limits):
            times = (self._clock_time(parse_time(each[key]), branch.lane.start) for key in ("soonest", "time"))
            cells = (f"{each['tag']} {each['limit'].replace('_', ' ')} {each['value']:g}", f"{each['share']:.0%}", *times)
            for k, cell in enumerate(cells):
                item = QTableWidgetItem(cell)
                item.setToolTip(cell)
                self.limits.setItem(i, k, item)

    def _clock_time(self, t: int, since: int) -> str:
        """Without the date, where it is within a day."""
        moment = to_datetime(t, self._zone)
        return moment.strftime("%H:%M:%S" if t - since < DAY else "%d %b %H:%M")

    def sizeHint(self) -> QSize:
        """As the other panels down there."""
        return QSize(800, 200)


def _table(heads: Sequence[str]) -> QTableWidget:
    table = QTableWidget(0, len(heads), showGrid=False)
    table.setHorizontalHeaderLabels(list(heads))
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(24)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setTabKeyNavigation(False)
    table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    table.setWordWrap(False)
    return table


def _number(value: object, digits: int, *, signed: bool = False) -> str:
    if not isinstance(value, int | float):
        return "—"
    text = grouped(value, digits)
    return f"+{text}" if signed and value > 0 else text
