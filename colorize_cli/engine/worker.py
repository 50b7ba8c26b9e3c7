"""A worker process of a `ColorizerPool`: one Colorizer that answers calls from pipes, a thread a pipe."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from colorize_cli.common.signals import SIGNALS
from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.engine.protocol import Prompt, SampleOptions, Variants
from colorize_cli.errors import ColorizeError
from colorize_cli.model.variants.group_look import GroupLook
from colorize_cli.model.weights import WeightsInfo


@dataclass(frozen=True)
class VariantsCall:
    """The arguments of `Colorizer.variants`."""

    views: NDArray[np.float32]
    prompts: tuple[Prompt, ...]
    options: SampleOptions
    colour_views: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class LookCall:
    """The argument of `Colorizer.look`."""

    views: NDArray[np.float32]


Call = VariantsCall | LookCall
Answer = Variants | GroupLook


@dataclass(frozen=True)
class Order:
    """What a worker is to open, and the threads and log level it may use."""

    weights: Path | None
    device: str
    precision: str
    threads: int
    log_level: int


@dataclass(frozen=True)
class Hello:
    """The first answer, on the first pipe, of a worker that is ready."""

    info: WeightsInfo
    view_size: int
    detail: int | None
    precision: str


def serve(order: Order, pipes: list[Connection]) -> None:
    """Answer each `Call` or hand back an exception, until all pipes are closed at the other end.

    They are when the parent ends, in whatever way. Signals that reach the whole group or service are the
    parent's to obey: photos that were begun are finished after Ctrl-C, and that takes workers.
    """
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("colorize_cli").setLevel(order.log_level)
    torch.set_num_threads(order.threads)
    with contextlib.suppress(BrokenPipeError):  # the parent has ended before its worker began
        _serve(order, pipes)


def _serve(order: Order, pipes: list[Connection]) -> None:
    try:
        colorizer = Colorizer.load(order.weights, order.device, order.precision)
    except ColorizeError as error:
        pipes[0].send(error)
        return
    pipes[0].send(Hello(colorizer.info, colorizer.view_size, colorizer.detail, colorizer.precision))
    threads = [threading.Thread(target=_answer, args=(colorizer, pipe)) for pipe in pipes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _answer(colorizer: Colorizer, pipe: Connection) -> None:
    try:
        while True:
            pipe.send(_result(colorizer, pipe.recv()))
    except (EOFError, OSError):  # the parent needs no more, or is no more
        pass
    finally:
        pipe.close()  # or the parent would wait for an answer after an error that nobody foresaw


def _result(colorizer: Colorizer, call: Call) -> Answer | Exception:
    try:
        if isinstance(call, LookCall):
            return colorizer.look(call.views)
        return colorizer.variants(call.views, call.prompts, call.options, call.colour_views)
    except ColorizeError as error:
        return error
    except Exception as error:
        # Not the error itself: those of other packages need not survive a pipe.
        return RuntimeError(f"{type(error).__name__} in the worker of {colorizer.device}: {error}")
