import json

import pytest
import torch

from colorize_cli.errors import UsageError
from colorize_training.loop.checkpoint import (
    best_path,
    chosen_checkpoint,
    keep_best,
    load_checkpoint,
    read_ranking,
    save_checkpoint,
)

STATE = {"x": torch.zeros(1)}


def kept(folder, *scores, keep=2):
    """Files after these scores came in at steps 10, 20 ..."""
    for i, score in enumerate(scores):
        keep_best(folder, "vae", score, 10 * (i + 1), keep, STATE)
    return sorted(path.name for path in folder.glob("vae-best-*.pt"))


def test_the_lowest_scores_are_kept_and_indexed(tmp_path):
    assert kept(tmp_path, 0.5, 0.3, 0.4, 0.9) == ["vae-best-0000020.pt", "vae-best-0000030.pt"]
    index = json.loads((tmp_path / "vae-best.json").read_text())
    assert index[0] == {"step": 20, "score": 0.3, "file": "vae-best-0000020.pt"}
    assert chosen_checkpoint(tmp_path, "vae", best=True) == best_path(tmp_path, "vae", 20)
    assert chosen_checkpoint(tmp_path, "vae", best=False).name == "vae.pt"


def test_nothing_kept_means_the_last(tmp_path):
    assert kept(tmp_path, 0.5, keep=0) == []
    assert chosen_checkpoint(tmp_path, "vae", best=True).name == "vae.pt"


def test_a_run_that_fell_back_forgets_what_was_ahead(tmp_path):
    kept(tmp_path, 0.5, 0.4, 0.3)
    keep_best(tmp_path, "vae", 0.45, 20, 2, STATE)
    assert read_ranking(tmp_path, "vae") == [(0.45, 20)]
    assert not best_path(tmp_path, "vae", 30).exists()


def test_a_failed_write_leaves_the_old_checkpoint(tmp_path):
    save_checkpoint(tmp_path / "vae.pt", STATE)
    with pytest.raises(AttributeError):
        save_checkpoint(tmp_path / "vae.pt", {"x": lambda: None})
    assert torch.equal(load_checkpoint(tmp_path / "vae.pt")["x"], STATE["x"])


def test_a_damaged_checkpoint_is_named(tmp_path):
    (tmp_path / "vae.pt").write_bytes(b"PK broken")
    with pytest.raises(UsageError, match=r"vae\.pt is not a readable checkpoint"):
        load_checkpoint(tmp_path / "vae.pt")
