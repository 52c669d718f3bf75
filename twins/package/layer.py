"""A layer of nested packages: where one package's files lie among all, and which asset of the whole twin it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from twins.asset import Twin

DEEPEST = 8
TWINS = "twins/"  # where a package keeps those that it holds by name


@dataclass(frozen=True, slots=True)
class Layer:
    """The outermost has "" for both. `trail` are the packages that it is inside of, by their folders, the outermost first."""

    folder: str = ""  # before the names of its files: `buildings/office/`
    path: str = ""  # the asset that it is: `b12`
    trail: tuple[str, ...] = ()

    def file(self, name: str) -> str:
        """A file of this package, as all files are called."""
        return f"{self.folder}{name}"

    def below(self, path: str) -> str:
        """An asset of this package, as it is called in the whole twin; "" is the package itself."""
        return f"{self.path}/{path}" if self.path and path else self.path or path

    def tag(self, name: str) -> str:
        """A tag of this package, or a figure or a plot of it, as it is called in the whole twin."""
        if not self.path or not name:
            return name
        return f"{self.path}/{name}" if "." in name else f"{self.path}.{name}"

    def local(self, path: str) -> str:
        """An asset of the whole twin, as this package calls it."""
        return "" if path == self.path else path.removeprefix(f"{self.path}/") if self.path else path

    def room(self, name: str, files: Collection[str]) -> Iterator[tuple[str, str]]:
        """(name, file) of each .yaml in a folder of this package, in order; the name as the whole twin calls it."""
        folder = self.file(f"{name}/")
        for file in sorted(files):
            stem = file.removeprefix(folder).removesuffix(".yaml")
            if file == f"{folder}{stem}.yaml" and "/" not in stem:
                yield self.below(stem), file

    def inner(self, name: str, files: Collection[str], path: str) -> Layer | None:
        """The package that is called `name` here, as the asset `path`; None where there is none."""
        for folder in dict.fromkeys((f"{self.folder}{name}/", f"{self.folder}{TWINS}{name}/", f"{TWINS}{name}/")):
            if f"{folder}twin.yaml" in files:
                return Layer(folder, path, (*self.trail, self.folder))
        return None

    @property
    def holds_itself(self) -> bool:
        """It is inside of itself."""
        return self.folder in self.trail

    def told(self) -> str:
        """The way down to it, for people."""
        return " → ".join(folder.rstrip("/") or "the package" for folder in (*self.trail, self.folder))


def layers_of(twin: Twin) -> Iterator[Layer]:
    """The package of a twin, then those that are nested in it."""
    for root in twin.roots:
        yield Layer(f"{twin.assets[root].twin}/" if root else "", root)
