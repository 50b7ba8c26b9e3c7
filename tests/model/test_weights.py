import copy
import json
import os

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from colorize_cli.errors import ExitCode, WeightsError
from colorize_cli.model.weights import load_weights, save_weights
from colorize_cli.model.weights_file import default_weights, weights_digest


def rewrite(path, target, *, metadata=None, tensors=None):
    """A copy of a weights file with some of its metadata or tensors replaced."""
    with safe_open(path, "pt") as file:
        old = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        save_file(old | (tensors or {}), target, file.metadata() | (metadata or {}))
    return target


def test_what_is_saved_is_loaded(tiny_weights, tiny_net):
    net, info = load_weights(tiny_weights)
    assert (net.config, info.name, len(info.sha256)) == (tiny_net.config, "tiny", 64)
    grey = torch.rand(1, 1, 64, 64)
    for ours, theirs in zip(net.backbone(grey), tiny_net.backbone(grey), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0.02, atol=0.02)  # fp16


def test_floats_are_stored_as_fp16(tiny_weights):
    with safe_open(tiny_weights, "pt") as file:
        assert {file.get_tensor(key).dtype for key in file.keys()} == {torch.float16}  # noqa: SIM118


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(WeightsError, match=r"gone\.safetensors") as caught:
        load_weights(tmp_path / "gone.safetensors")
    assert caught.value.exit_code == ExitCode.WEIGHTS


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"\x80\x04pickle"])
def test_files_of_another_kind_are_refused(tmp_path, content):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="not a readable weights file"):
        load_weights(path)


@pytest.mark.parametrize("place", [0.02, 0.5, 0.999])
def test_one_changed_byte_is_noticed(tiny_weights, tmp_path, place):
    data = bytearray(tiny_weights.read_bytes())
    data[int(len(data) * place)] ^= 0x10
    path = tmp_path / "changed.safetensors"
    path.write_bytes(data)
    with pytest.raises(WeightsError):
        load_weights(path)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1.0, 10**400])
@pytest.mark.parametrize("name", ["saturation", "temperature", "z_dim"])
def test_settings_that_are_no_numbers_are_refused(tiny_weights, tiny_net, tmp_path, name, bad):
    config = json.dumps(json.loads(tiny_net.config.to_json()) | {name: bad})
    with pytest.raises(WeightsError, match=name):
        load_weights(rewrite(tiny_weights, tmp_path / "w.safetensors", metadata={"config": config}))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_tensors_that_hold_no_numbers_are_refused(tiny_net, tmp_path, bad):
    net = copy.deepcopy(tiny_net)
    with torch.no_grad():
        net.mdn.head.weight[0, 0] = bad
    save_weights(tmp_path / "w.safetensors", net, "bad")
    with pytest.raises(WeightsError, match=r"mdn\.head\.weight holds values that are no numbers"):
        load_weights(tmp_path / "w.safetensors")


@pytest.mark.parametrize(
    "config", ["[" * 100_000, '{"view": {"a": []}}', '{"view": "x"}', '{"z_dim": 1e400}']
)
def test_a_description_that_makes_no_sense_is_refused(tiny_weights, tmp_path, config):
    with pytest.raises(WeightsError):
        load_weights(rewrite(tiny_weights, tmp_path / "w.safetensors", metadata={"config": config}))


def test_another_version_is_refused(tiny_weights, tmp_path):
    with pytest.raises(WeightsError, match="version 99"):
        load_weights(rewrite(tiny_weights, tmp_path / "v.safetensors", metadata={"version": "99"}))


def test_safetensors_of_others_are_refused(tmp_path):
    save_file({"x": torch.zeros(1)}, tmp_path / "o.safetensors")
    with pytest.raises(WeightsError, match="not weights of colorize"):
        load_weights(tmp_path / "o.safetensors")


def test_shapes_that_do_not_fit_the_config_are_refused(tiny_net, tmp_path, monkeypatch):
    import dataclasses

    wider = dataclasses.replace(tiny_net.config, z_dim=5)
    monkeypatch.setattr(tiny_net, "config", wider)
    save_weights(tmp_path / "w.safetensors", tiny_net, "wrong")
    with pytest.raises(WeightsError, match="do not fit"):
        load_weights(tmp_path / "w.safetensors")


def test_weights_can_be_read_by_whoever_may_read_files(tiny_net, tmp_path):
    before = os.umask(0o022)
    try:
        save_weights(tmp_path / "w.safetensors", tiny_net, "tiny")
    finally:
        os.umask(before)
    assert (tmp_path / "w.safetensors").stat().st_mode & 0o777 == 0o644


def test_the_digest_beside_the_weights_that_ship_is_theirs():
    said = default_weights().with_suffix(".safetensors.sha256").read_text().split()
    assert said == [weights_digest(None), "photo.safetensors"]
