"""Who opens the engine of a run: the run itself, or one that is kept for several."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING

from colorize_cli.model.weights_file import weights_digest
from colorize_cli.settings import RunSettings

if TYPE_CHECKING:
    from colorize_cli.engine.protocol import Engine

Engines = Callable[[RunSettings], AbstractContextManager["Engine"]]


def own_engine(settings: RunSettings) -> AbstractContextManager[Engine]:
    """An engine for one run; torch is imported here."""
    from colorize_cli.engine.pool import open_engine

    return open_engine(settings.weights, settings.device, settings.precision)


class KeptEngine:
    """One engine for several runs with the same settings, opened by the first that has photos to colour."""

    def __init__(self) -> None:
        self._held = contextlib.ExitStack()
        self._engine: Engine | None = None

    def __enter__(self) -> KeptEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    @contextlib.contextmanager
    def __call__(self, settings: RunSettings) -> Iterator[Engine]:
        """The engine; a new one if the weights file is another since."""
        if self._engine is None or self._engine.info.sha256 != weights_digest(settings.weights):
            self._held.close()
            self._engine = self._held.enter_context(own_engine(settings))
        yield self._engine
