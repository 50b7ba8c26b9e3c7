"""What the stages of a run are made of: work that overlaps in bounded memory, and the boundary of a file."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from colorize_cli.errors import DeviceError, OutputError, PhotoError
from colorize_cli.run.events import Result
from colorize_cli.run.plan import Job

log = logging.getLogger(__name__)
T = TypeVar("T")
R = TypeVar("R")


def bounded_map(
    pool: ThreadPoolExecutor,
    function: Callable[[T], R],
    items: Iterable[T],
    ahead: int,
    full: Callable[[], bool] = lambda: False,
) -> Iterator[R]:
    """`function` of every item in order, computed by `pool`, with at most `ahead` results not yet taken.

    While `full()`, no item is even asked for before all results are taken.
    """
    pending: deque[Future[R]] = deque()
    waiting = iter(items)
    try:
        while True:
            while pending and (full() or len(pending) >= ahead):
                yield pending.popleft().result()
            try:
                pending.append(pool.submit(function, next(waiting)))
            except StopIteration:
                break
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()


def guarded(function: Callable[[T], R | Result], job_of: Callable[[T], Job]) -> Callable[[T], R | Result]:
    """The per-file boundary: whatever goes wrong with one photo becomes its Result, and the run goes on.

    OutputError and DeviceError pass: a full disk or a lost device meets every further photo too.
    """

    def run(item: T) -> R | Result:
        try:
            return function(item)
        except PhotoError as error:
            return Result(job_of(item), failure=str(error))
        except (OutputError, DeviceError):
            raise
        except Exception as error:
            source = job_of(item).source
            log.debug("unexpected error with %s", source, exc_info=True)
            kind = type(error).__name__
            return Result(job_of(item), failure=f"{source}: unexpected {kind}: {error}")

    return run
