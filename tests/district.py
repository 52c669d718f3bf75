"""A district of any size as a package: the assets of resources/twins/city-district on a larger or smaller grid of streets."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

OURS = Path(__file__).parents[1] / "resources" / "twins" / "city-district"
EAST, NORTH = 130.0, 100.0  # m from junction to junction
_ROADS = ("Mill Street", "Central Avenue", "River Street")
_COLUMNS = ("First Street", "Second Street", "Third Street", "Fourth Street")
_WAYS = {"east": (1, 0, 90), "west": (-1, 0, 270), "north": (0, 1, 0), "south": (0, -1, 180)}
_RIGHT = {"east": "south", "south": "west", "west": "north", "north": "east"}
_LEFT = {right: way for way, right in _RIGHT.items()}
_INSIDE = (
    (
        ("apartment-house", -27, 27, 180),
        ("apartment-house", -27, -27, 0),
        ("row-houses", 30, 28, 180),
        ("row-houses", 30, -28, 0),
    ),
    (("courtyard-block", -17, 0, 0), ("tower-block", 38, 16, 0), ("row-houses", 33, -30, 0)),
    (("offices", -28, 24, 180), ("offices", -28, -24, 0), ("tower-block", 30, 0, 90)),
    (("apartment-house", -30, 0, 90), ("apartment-house", 0, 0, 90), ("apartment-house", 32, 0, 270)),
)


class District:
    """`columns` × `rows` signalled junctions, and blocks between and around them."""

    def __init__(self, columns: int = 4, rows: int = 3) -> None:
        self.columns, self.rows = columns, rows
        self.streets = dict(self._streets())
        self.assets: list[str] = []
        self.relations: list[str] = []
        self._lay_traffic()
        self._build()
        self._lay_networks()

    def at(self, i: float, j: float) -> tuple[float, float]:
        """m east and north of a junction, numbered from the west and from the north."""
        return (i - (self.columns - 1) / 2) * EAST, ((self.rows - 1) / 2 - j) * NORTH

    def _avenue(self, j: int) -> bool:
        return j % 3 == 1

    def _streets(self) -> Iterator[tuple[str, tuple[str, int, int, int, int]]]:
        """id → way, and the junctions (i, j) it leads from and to; −1 and the last lie outside."""
        for j in range(self.rows):
            for i in range(self.columns + 1):
                yield f"{self._word(j, True)}-{i + 1}-east", ("east", i - 1, j, i, j)
                yield f"{self._word(j, True)}-{i + 1}-west", ("west", i, j, i - 1, j)
        for i in range(self.columns):
            for j in range(self.rows + 1):
                yield f"{self._word(i, False)}-{j + 1}-south", ("south", i, j - 1, i, j)
                yield f"{self._word(i, False)}-{j + 1}-north", ("north", i, j, i, j - 1)

    def _word(self, k: int, road: bool) -> str:
        names = _ROADS if road else _COLUMNS
        return names[k].split()[0].lower() if k < len(names) else f"{'road' if road else 'street'}{k + 1}"

    def _name(self, street: str) -> str:
        word, k, way = street.split("-")
        name = next((each for each in (*_ROADS, *_COLUMNS) if each.lower().startswith(word)), word.capitalize())
        return f"{name} {k} {way}bound"

    def _is_inside(self, i: int, j: int) -> bool:
        return 0 <= i < self.columns and 0 <= j < self.rows

    def _lay_traffic(self) -> None:
        begins = {(way, i, j): street for street, (way, i, j, _, _) in self.streets.items()}
        for j in range(self.rows):
            for i in range(self.columns):
                x, y = self.at(i, j)
                self._place(f"junction-{i + 1}{j + 1}" if max(self.columns, self.rows) < 10 else f"junction-{i + 1}-{j + 1}",
                            "junction", x, y, 0, "traffic", f"Junction {i + 1}/{j + 1}")  # fmt: skip
        for street, (way, i, j, to_i, to_j) in self.streets.items():
            east, north, heading = _WAYS[way]
            x, y = self.at(i, j)
            level = way in ("east", "west")
            sort = "avenue" if level and self._avenue(j) else "street-long" if level else "street"
            wanted = "" if self._is_inside(i, j) else f", demand: {1100 if sort == 'avenue' else 400} 1/h"
            phase = "" if not self._is_inside(to_i, to_j) else f"phase: {0 if level else 1}"
            model = f"model: {{ parameters: {{ {(phase + wanted).lstrip(', ')} }} }}" if phase + wanted else ""
            self._place(street, sort, x + 8 * east, y + 8 * north, heading, "traffic", self._name(street), model)
            if self._is_inside(to_i, to_j):
                number = f"{to_i + 1}{to_j + 1}" if max(self.columns, self.rows) < 10 else f"{to_i + 1}-{to_j + 1}"
                self._relate(f"traffic/junction-{number}", "controls", f"traffic/{street}")
                straight = 0.74 if sort == "avenue" else 0.54
                for turn, share in ((way, straight), (_RIGHT[way], 0.6 * (1 - straight)), (_LEFT[way], 0.4 * (1 - straight))):
                    self._relate(f"traffic/{street}", "turns_to", f"traffic/{begins[turn, to_i, to_j]}", round(share, 3))

    def _build(self) -> None:
        self.houses: dict[str, tuple[float, float]] = {}
        number = 0
        for j in range(self.rows + 1):
            for i in range(self.columns + 1):
                x, y = self.at(i - 0.5, j - 0.5)
                self._place(f"block-{i + 1}-{j + 1}", "block", x, y, 0, "blocks", f"Block {i + 1}/{j + 1}", z="")
                for sort, east, north, heading in self._content(i, j):
                    if sort in ("park", "plot"):
                        self._place(sort, sort, x, y, 0, "blocks", "Park" if sort == "park" else "Free plot")
                        continue
                    number += 1
                    house = f"b{number:02d}"
                    self.houses[f"buildings/{house}"] = (x + east, y + north)
                    self._place(
                        house, sort, x + east, y + north, heading, "buildings", f"{sort.replace('-', ' ').capitalize()} {number}"
                    )

    def _content(self, i: int, j: int) -> tuple[tuple[str, float, float, float], ...]:
        special = {(2, 2): (("park", 0, 0, 0),), (3, 1): (("plot", 0, 0, 0),), (1, 2): (("school", 0, -10, 0),),
                   (3, 2): (("arena", 0, 0, 0),), (0, 0): (), (4, 0): (("tower-block", 32, 20, 0), ("tower-block", 30, -18, 0)),
                   }  # fmt: skip
        return special.get((i, j), _INSIDE[(i * 3 + j * 5 + i * j) % len(_INSIDE)])

    def _lay_networks(self) -> None:
        for j in range(self.rows):
            self._place(f"row-{j + 1}", "lighting", 0, self.at(0, j)[1], 0, "light", f"Lamps of row {j + 1}")
        for i in range(self.columns):
            self._place(f"column-{i + 1}", "lighting-short", self.at(i, 0)[0], 0, 270, "light", f"Lamps of column {i + 1}")
        for k, (i, j) in enumerate([(0, 0), (self.columns - 1, 0), (1, self.rows - 1), (2, 1)]):
            x, y = self.at(i, j)
            self._place(f"station-{k + 1}", "air-station", x + 13, y + 11, 0, "air", f"Air station {k + 1}")
            for street, (_, a, b, c, d) in self.streets.items():
                if (i, j) in ((a, b), (c, d)):
                    self._relate(f"traffic/{street}", "pollutes", f"air/station-{k + 1}")
        x, y = self.at(-0.5, -0.5)
        self._place("plant", "heat-plant", x, y, 0, "", "Heat plant")
        x, y = self.at(3.5, -0.5)
        self._place("tower", "water-tower", x - 20, y + 4, 0, "water", "Water tower")
        for k, (east, north) in enumerate([(-1, 1), (1, 1), (-1, -1), (1, -1)]):
            i, j = (self.columns - 1) / 2 + east * 1.0, (self.rows - 1) / 2 - north * 0.7
            x, y = self.at(round(i), round(j))
            self._place(
                f"zone-{k + 1}",
                "water-zone",
                x - 12,
                y - 12,
                0,
                "water",
                f"Water zone {('north-west', 'north-east', 'south-west', 'south-east')[k]}",
            )
            self._relate(f"water/zone-{k + 1}", "draws_from", "water/tower")
            self._relate("water/tower", "supplies", f"water/zone-{k + 1}")
        for house, (x, y) in self.houses.items():
            zone = f"water/zone-{(2 if y < 0 else 0) + (1 if x > 0 else 0) + 1}"
            self._relate(house, "draws_from", "plant")
            self._relate("plant", "heats", house)
            self._relate(house, "draws_from", zone)
            self._relate(zone, "supplies", house)

    def _place(
        self, id: str, sort: str, x: float, y: float, heading: float, parent: str, name: str, more: str = "", z: str = ""
    ) -> None:
        spot = f"x: {x:g}, y: {y:g}, z: {0.18 if parent in ('buildings', 'air', 'water', '') and sort != 'river' else 0}"
        spot += f", heading: {heading:g}" if heading else ""
        within = f"parent: {parent}, " if parent else ""
        self.assets.append(
            f"  - {{ id: {id}, type: {sort}, name: {name}, {within}at: {{ {spot} }}{', ' + more if more else ''} }}"
        )

    def _relate(self, subject: str, kind: str, object: str, share: float = 1.0) -> None:
        part = f", share: {share:g}" if share != 1 else ""
        self.relations.append(f"  - {{ subject: {subject}, kind: {kind}, object: {object}{part} }}")


def written(folder: Path, columns: int, rows: int) -> Path:
    """A package of so many junctions, with the types of the one that ships; its houses have no windows."""
    district = District(columns, rows)
    shutil.copytree(OURS / "types", folder / "types")
    houses = folder / "types" / "buildings.yaml"
    houses.write_text("\n".join(line for line in houses.read_text("utf-8").splitlines() if "      windows:" not in line), "utf-8")
    head, tail = (OURS / "twin.yaml").read_text("utf-8").split("  # everything that stands here\n")[0], ENVIRONMENT
    body = "\n".join([*district.assets, "", "relations:", *district.relations])
    (folder / "twin.yaml").write_text(f"{head}  # everything that stands here\n{body}\n{tail}", "utf-8")
    return folder


ENVIRONMENT = """
environment:
  models:
    wind: { physics: wind, parameters: { mean_speed: 4 m/s } }
"""
