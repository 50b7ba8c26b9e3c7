import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from colorize_cli.common.imports import help_with, uncollected


@pytest.fixture(autouse=True)
def collecting():
    yield
    gc.unfreeze()
    gc.enable()


def test_what_exists_after_the_block_is_never_searched_again():
    gc.unfreeze()
    with uncollected():
        assert not gc.isenabled()
        kept = [[]]
    assert gc.isenabled()
    assert gc.get_freeze_count() > 1
    assert not any(thing is kept for thing in gc.get_objects())


def test_garbage_is_searched_for_again_after_an_error():
    with pytest.raises(ImportError), uncollected():
        raise ImportError
    assert gc.isenabled()


def test_a_run_imports_torch_uncollected(album, tiny_weights):
    code = "import gc, sys; from colorize_cli.cli import cli, run_guarded; "
    code += "print(run_guarded(cli, 'colorize', sys.argv[1:]), gc.get_freeze_count() > 100_000)"
    arguments = [str(album), "-n", "1", "--weights", str(tiny_weights), "--device", "cpu", "-q"]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert done.stdout == "0 True\n"


LIBRARY = "libxcb.so.1: cannot open shared object file: No such file or directory"


@pytest.mark.parametrize(
    "arguments",
    [["{album}"], ["{album}", "--dry-run"], ["preview", "{album}/aunt.jpg"], ["verify", "{album}"]],
)
def test_every_command_says_what_a_bare_system_lacks(arguments, album, tmp_path):
    """A build of OpenCV for desktops, as it behaves where its libraries are hidden."""
    (tmp_path / "hidden" / "cv2").mkdir(parents=True)
    (tmp_path / "hidden" / "cv2" / "__init__.py").write_text(f"raise ImportError({LIBRARY!r})")
    command = [sys.executable, "-m", "colorize_cli", *(part.format(album=album) for part in arguments)]
    path = os.pathsep.join([str(tmp_path / "hidden"), str(Path.cwd())])
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path})
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "libxcb.so.1" in done.stderr and "apt-get install libgl1 libglib2.0-0 libxcb1" in done.stderr


def test_other_libraries_and_packages_are_named():
    assert "apt-file search libgomp.so.1" in help_with(ImportError("libgomp.so.1: cannot open shared object"))
    assert "simplejpeg is missing" in help_with(ModuleNotFoundError("No module", name="simplejpeg.codec"))
