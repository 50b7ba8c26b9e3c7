"""Real processes: two that train together over gloo on loopback, and one that gets SIGTERM."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch.distributed.run import parse_args

from colorize_cli.errors import UsageError
from colorize_training.loop.checkpoint import load_checkpoint
from colorize_training.loop.runtime import Runtime

JOB = Path(__file__).with_name("distributed_job.py")


LIMIT = 900  # seconds: under load 20 it takes a minute until torch is imported


def free_port():
    """One below those that clients are given, so that nobody gets it before the first process listens."""
    for port in random.SystemRandom().sample(range(10_000, 32_000), 100):
        with socket.socket() as server, contextlib.suppress(OSError):
            server.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


@pytest.fixture
def launch():
    """Starts the job in so many processes, with the environment of torchrun; none outlives the test."""
    launched = []

    def start(processes, *arguments):
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        if processes > 1:
            together = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port(), "WORLD_SIZE": processes}
            environment |= {key: str(value) for key, value in together.items()}
        command = [sys.executable, str(JOB), *map(str, arguments)]
        how = {"stderr": subprocess.PIPE, "text": True, "start_new_session": True}
        for rank in range(processes):
            launched.append(subprocess.Popen(command, env=environment | {"RANK": str(rank)}, **how))
        return launched[-processes:]

    try:
        yield start
    finally:
        for process in launched:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def errors(started):
    """What the processes that failed had to say, "" if none did."""
    told = [process.communicate(timeout=LIMIT)[1] for process in started]
    return "".join(text for text, process in zip(told, started, strict=True) if process.returncode)


def terminate_last(started, signals):
    """SIGTERM to the last process, after its third step."""
    end = time.monotonic() + LIMIT
    while not (signals / "here").exists():
        assert started[-1].poll() is None and time.monotonic() < end, "it did not come to its third step"
        time.sleep(0.01)
    started[-1].send_signal(signal.SIGTERM)
    (signals / "signalled").touch()
    return errors(started)


def ended(folder, rank=0):
    return torch.load(folder / f"rank{rank}.pt", weights_only=True)


def first_row(folder):
    return json.loads((folder / "mdn.jsonl").read_text().splitlines()[0])


def test_two_processes_learn_what_one_learns_though_it_was_terminated_and_resumed(
    colourful_cache, tmp_path, launch
):
    colourful_cache.flush()
    one, two, job = tmp_path / "1", tmp_path / "2", ("mdn", colourful_cache.folder)
    together = launch(2, *job, two, 8)
    assert not terminate_last(launch(1, *job, one, 8, tmp_path), tmp_path)
    assert not ended(one)["complete"]
    assert load_checkpoint(one / "mdn.pt")["step"] == 3
    assert not errors(launch(1, *job, one, 8)) and not errors(together)
    assert ended(one)["complete"] and ended(two)["complete"]
    for name, value in ended(one)["weights"].items():
        torch.testing.assert_close(ended(two)["weights"][name], value, atol=1e-5, rtol=1e-4)
    for figure in ("nll", "norm", "val_nll"):
        assert first_row(one)[figure] == pytest.approx(first_row(two)[figure], rel=1e-4)


def test_a_signal_to_one_process_stops_both_after_the_same_step(colourful_cache, tmp_path, launch):
    colourful_cache.flush()
    assert not terminate_last(launch(2, "vae", colourful_cache.folder, tmp_path, 8, tmp_path), tmp_path)
    assert load_checkpoint(tmp_path / "vae.pt")["step"] == 3
    first, second = ended(tmp_path, 0), ended(tmp_path, 1)
    assert not first["complete"] and not second["complete"]
    for name, value in first["weights"].items():
        torch.testing.assert_close(second["weights"][name], value, atol=1e-7, rtol=0)


def test_a_batch_is_shared_evenly_or_refused():
    runtime = Runtime(torch.device("cpu"), rank=1, world=2)
    assert runtime.share(8) == slice(4, 8)
    with pytest.raises(UsageError, match="cannot be shared by 2 processes"):
        runtime.share(7)


def test_torchrun_leaves_our_flags_to_us():
    ours = ["vae", "--cache", "c", "--run", "r", "--start", "w", "--precision", "bf16"]
    read = parse_args(["--nproc-per-node", "2", "-m", "--", "colorize_training", *ours])
    assert (read.module, read.training_script, read.training_script_args) == (True, "colorize_training", ours)
