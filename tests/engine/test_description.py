import hashlib
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.engine.protocol import Prompt, SampleOptions
from colorize_cli.errors import WeightsError
from colorize_cli.model.weights import WeightsInfo

ELSEWHERE = """
import pickle, sys, hashlib, numpy as np, torch
torch.set_num_threads(1)
from colorize_cli.engine.protocol import Prompt, SampleOptions
engine = pickle.load(open(sys.argv[1], "rb"))
views = np.full((1, 64, 64), 0.5, np.float32)
fields = engine.variants(views, [Prompt("a")], SampleOptions(2)).fields
print(hashlib.sha256(fields.tobytes()).hexdigest(), engine.info.name, engine.precision)
"""


def test_an_engine_goes_to_another_process_as_a_description(tiny_weights, tmp_path, monkeypatch):
    monkeypatch.chdir(tiny_weights.parent)
    pickled = pickle.dumps(Colorizer.load(tiny_weights.name, "cpu", "fp32"))
    assert len(pickled) < 1000
    (tmp_path / "engine").write_bytes(pickled)
    command = [sys.executable, "-c", ELSEWHERE, str(tmp_path / "engine")]
    there = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.split()
    view = np.full((1, 64, 64), 0.5, np.float32)
    fields = pickle.loads(pickled).variants(view, [Prompt("a")], SampleOptions(2)).fields
    assert there == [hashlib.sha256(fields.tobytes()).hexdigest(), "tiny", "fp32"]


def test_an_engine_is_not_rebuilt_from_other_weights(tiny_weights, tmp_path):
    copy = tmp_path / "w.safetensors"
    shutil.copy(tiny_weights, copy)
    pickled = pickle.dumps(Colorizer.load(copy, "cpu"))
    with safe_open(copy, "pt") as file:
        metadata = file.metadata()
    save_file(load_file(copy), copy, metadata | {"name": "another"})
    with pytest.raises(WeightsError, match="not the weights that were asked for"):
        pickle.loads(pickled)


def test_an_engine_that_came_from_no_file_stays(tiny_net):
    with pytest.raises(TypeError, match="loaded from a file"):
        pickle.dumps(Colorizer(tiny_net, WeightsInfo("tiny", ""), torch.device("cpu")))
