"""The benchmark that waits for a card still runs."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from colorize_cli.errors import ExitCode

GPU = Path(__file__).parents[1] / "benchmarks/gpu.py"


def measured(*options):
    return subprocess.run([sys.executable, str(GPU), *options], capture_output=True, text=True, timeout=300)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")
def test_without_a_card_it_says_so():
    done = measured()
    assert (done.returncode, done.stdout) == (ExitCode.DEVICE, "")
    assert "sees no CUDA device" in done.stderr


def test_all_of_it_runs():
    small = ["--views", "2", "--largest", "2", "--photos", "1", "--mpixels", "0.1", "--rounds", "1"]
    done = measured("--device", "cpu,cpu", *small)
    assert done.returncode == 0, done.stderr
    assert "run on 2 workers: " in done.stdout.splitlines()[-1]
