import gc
import subprocess
import sys

import pytest

from colorize_cli.common.imports import uncollected


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
