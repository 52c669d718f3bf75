"""The sandbox: child processes for work on what nobody vouches for, once or with a state that is kept between questions."""

from twins.sandbox.oneshot import GIGABYTE, SandboxError, run, unenforced
from twins.sandbox.session import Session

__all__ = ["GIGABYTE", "SandboxError", "Session", "run", "unenforced"]
