"""Two real processes that train together over gloo on loopback."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

JOB = Path(__file__).with_name("distributed_job.py")


def free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def job(processes, *arguments):
    """Run the job in so many processes with the environment that torchrun gives; their errors, "" if none."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    if processes > 1:
        environment |= {
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(free_port()),
            "WORLD_SIZE": str(processes),
        }
    command = [sys.executable, str(JOB), *map(str, arguments)]
    started = [
        subprocess.Popen(command, env=environment | {"RANK": str(rank)}, stderr=subprocess.PIPE, text=True)
        for rank in range(processes)
    ]
    errors = [process.communicate(timeout=60)[1] for process in started]
    return "".join(e for e, process in zip(errors, started, strict=True) if process.returncode)


def ended(folder, rank=0):
    return torch.load(folder / f"rank{rank}.pt", weights_only=True)


def test_two_processes_learn_what_one_learns_from_the_whole_batch(colourful_cache, tmp_path):
    colourful_cache.flush()
    for processes in (1, 2):
        assert not job(processes, "mdn", colourful_cache.folder, tmp_path / str(processes), 8)
    one, two = (ended(tmp_path / name) for name in ("1", "2"))
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, atol=1e-5, rtol=1e-4)
    losses = [json.loads((tmp_path / n / "mdn.jsonl").read_text().splitlines()[-1]) for n in ("1", "2")]
    assert losses[0]["val_nll"] == pytest.approx(losses[1]["val_nll"], rel=1e-4)


def test_both_processes_end_with_the_same_weights(colourful_cache, tmp_path):
    colourful_cache.flush()
    assert not job(2, "vae", colourful_cache.folder, tmp_path, 8)
    for name, value in ended(tmp_path, 0).items():
        torch.testing.assert_close(ended(tmp_path, 1)[name], value, atol=1e-7, rtol=0)


def test_a_batch_that_cannot_be_shared_is_refused(colourful_cache, tmp_path):
    errors = job(2, "mdn", colourful_cache.folder, tmp_path, 7)
    assert "cannot be shared by 2 processes" in errors
