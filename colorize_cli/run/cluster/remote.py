"""The function that a cluster is given to call: it asks for nothing before the versions are compared."""

from __future__ import annotations

import pickle
import socket
from typing import TYPE_CHECKING

from colorize_cli import __version__

if TYPE_CHECKING:
    from colorize_cli.run.cluster.requests import Answer


def carry_out(version: str, request: bytes, worker: str = "") -> Answer | str:
    """The answer of this process to a pickled `Request`; a text if it has another version of colorize."""
    name = f"The worker {worker or _address()} on {socket.gethostname()}"
    if version != __version__:
        return (
            f"{name} has colorize {__version__}, this machine has {version}. "
            "Install the same version on all machines."
        )
    from colorize_cli.run.cluster.worker import answer

    return answer(pickle.loads(request), name)


def _address() -> str:
    from distributed import get_worker

    return str(get_worker().address)
