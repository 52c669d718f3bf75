"""Twin packages on disk: their schema, and the loader that makes a Twin of one."""

from twins.package.archive import zipped
from twins.package.fault import Fault, PackageError
from twins.package.loader import load, load_zipped

__all__ = ["Fault", "PackageError", "load", "load_zipped", "zipped"]
