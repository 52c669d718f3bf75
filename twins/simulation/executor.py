"""Where the pieces of a large run are worked on: here, on all cores of this machine, or on a cluster; the results are the same
to the bit."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing import active_children, get_context
from typing import Any, Protocol, TypeVar

from twins import InputError, clock

Job = TypeVar("Job")
Result = TypeVar("Result")
Watch = Callable[[float, str], None]


class Executor(Protocol):
    """Works on independent pieces."""

    @property
    def width(self) -> int:
        """Into how many pieces a run is best cut."""
        ...

    def map(self, function: Callable[[Job, Watch], Result], jobs: Sequence[Job], watch: Watch) -> Iterator[Result]:
        """The results in the order of the jobs. `function` is of a module, a job plain data."""
        ...


class Here:
    """In this process, one piece after the other: models are vectorised over members already."""

    width = 1

    def map(self, function: Callable[[Job, Watch], Result], jobs: Sequence[Job], watch: Watch) -> Iterator[Result]:
        """See `Executor`; what `watch` raises ends it."""
        for k, job in enumerate(jobs):
            yield function(job, partial(_within, watch, k, len(jobs)))


HERE = Here()


class Cores:
    """This machine's cores, a process each: for pieces that are not vectorised."""

    def __init__(self, width: int = 0) -> None:
        """0: as many as there are."""
        self.width = width or os.cpu_count() or 1

    def map(self, function: Callable[[Job, Watch], Result], jobs: Sequence[Job], watch: Watch) -> Iterator[Result]:
        """See `Executor`; what `watch` raises ends the processes as well. Raises InputError where one of them was ended."""
        pool = ProcessPoolExecutor(min(self.width, len(jobs)), get_context("spawn"), _left_alone)
        futures = [pool.submit(_worked, function, job) for job in jobs]
        try:
            for k, future in enumerate(futures):
                while not future.done():
                    watch(k / len(jobs), f"{k} of {len(jobs)}")
                    clock.sleep(0.1)
                yield future.result()
        except BrokenProcessPool:
            raise InputError("a process that worked on it was ended from outside; see whether there was memory enough") from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in active_children():
                child.terminate()


class Cluster:
    """A dask.distributed cluster, whose workers have this same software. It is trusted: it sees packages and results."""

    def __init__(self, address: str) -> None:
        """`tcp://HOST:PORT` of its scheduler, or `tls://…`. Raises InputError where none answers or it has no workers."""
        from distributed import Client

        join: Any = Client  # it has no types

        try:
            self._client: Any = join(address, timeout="5s", set_as_default=False)
        except (OSError, ValueError, TimeoutError) as problem:
            raise InputError(f"no cluster answers at {address} ({problem}); start “dask scheduler” there, and workers") from None
        self.width = sum(self._client.ncores().values())
        if not self.width:
            self._client.close()
            raise InputError(f"the cluster at {address} has no workers; start “dask worker {address}”")

    def map(self, function: Callable[[Job, Watch], Result], jobs: Sequence[Job], watch: Watch) -> Iterator[Result]:
        """See `Executor`. What a worker refuses is raised here as it was there."""
        futures = [self._client.submit(_worked, function, job, pure=False) for job in jobs]
        try:
            for k, future in enumerate(futures):
                while not future.done():
                    watch(k / len(jobs), f"{len(jobs)} pieces on the cluster")
                    clock.sleep(0.05)
                watch((k + 1) / len(jobs), f"{len(jobs)} pieces on the cluster")
                yield future.result()
        finally:
            self._client.cancel(futures)

    def close(self) -> None:
        """Leaves the cluster."""
        self._client.close()


@contextmanager
def executor(cluster: str, otherwise: Executor = HERE) -> Iterator[Executor]:
    """The cluster at an address, or `otherwise` where there is none."""
    if not cluster:
        yield otherwise
        return
    joined = Cluster(cluster)
    try:
        yield joined
    finally:
        joined.close()


def shares(total: int, pieces: int) -> Iterator[tuple[int, int]]:
    """(first, count) of pieces as equal as can be."""
    pieces = max(1, min(pieces, total))
    for k in range(pieces):
        first, end = total * k // pieces, total * (k + 1) // pieces
        yield first, end - first


def _left_alone() -> None:
    """Ctrl+C is heard by the process that asked; it ends this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _within(watch: Watch, k: int, n: int, done: float, what: str) -> None:
    watch((k + done) / n, what)


def _worked(function: Callable[[Job, Watch], Result], job: Job) -> Result:
    return function(job, lambda done, what: None)
