"""The container: no builder is needed, its steps are carried out on a bare Debian."""

import os
import re
import shutil
from pathlib import Path

import cv2
import pytest

from colorize_cli.errors import ExitCode
from tests.conftest import grey_scene

from .dockerfile import BareDebian, steps

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_the_last_steps_say_who_runs_what():
    last = dict(steps(DOCKERFILE))
    assert last["USER"] not in ("root", "0")
    assert last["ENTRYPOINT"] == '["/opt/colorize/bin/colorize"]'


def test_what_is_copied_is_there_and_not_ignored():
    copied = {name for step, rest in steps(DOCKERFILE) if step == "COPY" for name in rest.split()[:-1]}
    assert copied
    assert all((ROOT / name).exists() for name in copied)
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert copied == {line[1:] for line in ignored if line.startswith("!")}


def test_the_readme_has_its_one_line():
    line = re.search(r"docker run --rm .*", DOCKERFILE)[0].split(" album")[0]
    assert line in (ROOT / "README.md").read_text()


@pytest.fixture(scope="module")
def container(tmp_path_factory):
    if os.environ.get("COLORIZE_CONTAINER") != "build":
        pytest.skip("takes minutes, gigabytes and Debian's mirror; COLORIZE_CONTAINER=build asks for it")
    if not shutil.which("debootstrap") or os.geteuid() != 0:
        pytest.skip("needs debootstrap and root")
    folder = tmp_path_factory.mktemp("container")
    debian = BareDebian(folder / "root", re.search(r"FROM debian:(\w+)", DOCKERFILE)[1])
    debian.build(ROOT, {"TORCH": "cpu"})
    yield debian
    shutil.rmtree(folder)


def test_it_colours_as_whoever_it_is_run_as(container):
    photos = container.root / "photos"
    cv2.imwrite(str(photos / "a.jpg"), grey_scene(90, 120))
    os.chown(photos, 12345, 12345)
    done = container.run("a.jpg", "-n", "2", user="12345:12345")
    assert done.returncode == ExitCode.OK, done.stderr
    assert cv2.imread(str(photos / "a.color-2.jpg")).shape == (90, 120, 3)
    assert (photos / "a.color-2.jpg").stat().st_uid == 12345
    assert container.run("verify", ".", user="12345:12345").returncode == ExitCode.OK


def test_it_is_not_root_and_has_what_the_extras_promise(container):
    assert container.run("id", "-u", entry=False).stdout == "10001\n"
    code = "import pi_heif, jpeglib, s3fs, watchdog, cv2; print(cv2.__version__)"
    assert container.run("/opt/colorize/bin/python", "-c", code, entry=False).returncode == 0
    assert not (container.root / "src").exists()
