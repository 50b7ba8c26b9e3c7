"""Real worker processes, on the CPU; a card would answer from the same code."""

import os
import signal
import subprocess
import sys
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import numpy as np
import pytest
import torch

from colorize_cli.cli import cli, run_guarded
from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.engine.pool import ColorizerPool, open_engine
from colorize_cli.engine.protocol import Prompt, SampleOptions, Variants
from colorize_cli.errors import DeviceError, ExitCode, WeightsError
from colorize_cli.model.variants.steering import Spot, Wish

COLOURINGS = Variants(np.ones((1, 1, 2, 4, 4), np.float32), *[np.ones((1, 1), np.float32)] * 3)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture(scope="module")
def views():
    return np.random.default_rng(0).random((8, 64, 64), dtype=np.float32)


@pytest.fixture(scope="module")
def expected(views, tiny_weights):
    return Colorizer.load(tiny_weights, "cpu").fields(views, list("abcdefgh"), 3, seed=2)


@pytest.fixture(scope="module")
def pool(tiny_weights):
    """One for all tests that leave it whole, as workers take seconds to load torch."""
    with ColorizerPool(["cpu", "cpu"], tiny_weights) as pool:
        yield pool


def fields(engine, views, keys, n, seed=0):
    return engine.variants(views, [Prompt(key) for key in keys], SampleOptions(n, seed)).fields


def asked(pool, views, i):
    return fields(pool, views[i : i + 2], "abcdefgh"[i : i + 2], 3, seed=2)


def pids(pool):
    return [worker.process.pid for worker in pool._workers]


def test_a_pool_is_an_engine(pool, views, expected, tiny_weights):
    alone = Colorizer.load(tiny_weights, "cpu")
    about = [(e.info, e.view_size, e.device, e.precision) for e in (pool, alone)]
    assert about[0] == about[1]
    assert (pool.device_name, pool.slots, alone.device_name, alone.slots) == ("cpu,cpu", 2, "cpu", 1)
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda i: asked(pool, views, i), (0, 2, 4, 6)))
    np.testing.assert_allclose(np.concatenate(made), expected, atol=1e-2)


def test_wishes_looks_and_spreads_go_through_the_pipe(pool, views, tiny_weights):
    alone, look = Colorizer.load(tiny_weights, "cpu"), pool.look(views)
    wish = Wish((Spot(0.3, 0.4, 0.05, 0.05, 12.0, -9.0),), ((5.0, 6.0),))
    call = (views[:2], [Prompt("a", look=look), Prompt("b", wish)], SampleOptions(1, uncertainty=True))
    theirs, ours = pool.variants(*call), alone.variants(*call)
    np.testing.assert_allclose(look.mu, alone.look(views).mu, atol=1e-3)
    np.testing.assert_allclose(theirs.fields, ours.fields, atol=0.5)
    np.testing.assert_allclose(theirs.uncertainty, ours.uncertainty, atol=0.5)


def test_two_calls_go_to_two_workers(pool, views, expected):
    os.kill(pids(pool)[0], signal.SIGSTOP)
    with ThreadPoolExecutor(2) as threads:
        calls = [threads.submit(asked, pool, views, i) for i in (0, 2)]
        try:
            done, waiting = wait(calls, return_when=FIRST_COMPLETED)
            assert (len(done), len(waiting)) == (1, 1)
        finally:
            os.kill(pids(pool)[0], signal.SIGCONT)
        np.testing.assert_allclose(np.concatenate([c.result() for c in calls]), expected[:4], atol=1e-2)


@pytest.fixture
def mortal(tiny_weights):
    with ColorizerPool(["cpu", "cpu"], tiny_weights) as pool:
        yield pool


def test_what_a_killed_worker_had_is_done_by_another(mortal, views, expected, caplog):
    pool, (first, second) = mortal, pids(mortal)
    os.kill(first, signal.SIGSTOP)
    with ThreadPoolExecutor(2) as threads:
        calls = [threads.submit(asked, pool, views, i) for i in (0, 2)]
        wait(calls, return_when=FIRST_COMPLETED)
        os.kill(first, signal.SIGKILL)
        np.testing.assert_allclose(np.concatenate([c.result() for c in calls]), expected[:4], atol=1e-2)
    assert [r.getMessage().partition(",")[0] for r in caplog.records] == [
        "cpu: its worker process has ended (SIGKILL)"
    ]
    np.testing.assert_allclose(asked(pool, views, 6), expected[6:], atol=1e-2)
    os.kill(second, signal.SIGKILL)
    with pytest.raises(DeviceError, match=r"No device is left.*SIGKILL.*SIGKILL"):
        asked(pool, views, 0)


def test_a_fault_of_the_program_is_no_fault_of_the_worker(pool, views, expected):
    for _ in range(3):
        with pytest.raises(RuntimeError, match="RuntimeError in the worker of cpu: "):
            fields(pool, views[:1, :9], ["a"], 1)
    np.testing.assert_allclose(asked(pool, views, 0), expected[:2], atol=1e-2)


@pytest.mark.parametrize(
    ("devices", "precision"),
    [(["cpu", "cuda:9"], "auto"), (["cpu", "cpu"], "fp16")],
)
def test_a_worker_that_cannot_begin_says_why(devices, precision, tiny_weights):
    with pytest.raises(DeviceError, match=r"cuda:9: PyTorch sees 0|fp16: cpu is not made for it"):
        ColorizerPool(devices, tiny_weights, precision)


def test_missing_weights_are_the_same_error_as_without_workers(tmp_path):
    with pytest.raises(WeightsError, match="no weights there"):
        ColorizerPool(["cpu", "cpu"], tmp_path / "none.safetensors")


def test_one_device_needs_no_worker(tiny_weights, monkeypatch):
    with open_engine(tiny_weights, "cpu", "auto") as engine:
        assert isinstance(engine, Colorizer)


def test_closing_ends_the_workers(tiny_weights):
    pool = ColorizerPool(["cpu"], tiny_weights)
    processes = [worker.process for worker in pool._workers]
    pool.close()
    pool.close()
    assert [p.exitcode for p in processes] == [0]
    with pytest.raises(DeviceError, match="No device"):
        fields(pool, np.zeros((1, 64, 64), np.float32), ["a"], 1)


class Scripted:
    """Stands for a process and its pipe; `answers` are given in turn, then the pipe ends."""

    pid, exitcode = 0, -11

    def __init__(self, *answers):
        self.answers, self.killed = list(answers), False

    def send(self, call):
        if not self.answers:
            raise BrokenPipeError

    def recv(self):
        return self.answers.pop(0)

    def kill(self):
        self.killed = True

    def join(self, timeout=None):
        pass

    close = join


def scripted_pool(monkeypatch, *workers):
    from colorize_cli.engine import pool as module
    from colorize_cli.engine.worker import Hello

    started = iter(workers)

    def start(order):
        worker = next(started)
        worker.answers.insert(0, Hello(None, 64, None, "bf16"))
        return module._Worker(order.device, worker, [worker, worker])  # two calls at a time, as on a card

    monkeypatch.setattr(module, "_start", start)
    return ColorizerPool([f"cuda:{i}" for i in range(len(workers))])


def test_calls_are_spread_over_the_cards_before_any_has_two(monkeypatch):
    with scripted_pool(monkeypatch, Scripted(), Scripted()) as pool:
        assert pool.slots == 4
        assert [pool._take().worker.device for _ in range(4)] == ["cuda:0", "cuda:1"] * 2


def test_a_card_that_is_full_or_lost_is_given_nothing_more(monkeypatch):
    made, call = COLOURINGS, (np.ones((1, 4, 4), np.float32), [Prompt("a")], SampleOptions(1))
    lost, good = Scripted(DeviceError("cuda:0: out of memory.")), Scripted(made, made)
    with scripted_pool(monkeypatch, lost, good) as pool:
        results = [pool.variants(*call) for _ in range(2)]
        assert [r is made for r in results] == [True, True]
        assert (lost.killed, good.killed) == (True, False)
        assert {slot.worker.device for slot in pool._free} == {"cuda:1"}
        assert (str(pool.device), pool.device_name, pool.precision) == ("cuda", "cuda:0,cuda:1", "bf16")


def test_photos_that_end_two_workers_are_not_tried_on_a_third(monkeypatch):
    made, call = COLOURINGS, (np.ones((1, 4, 4), np.float32), [Prompt("a")], SampleOptions(1))
    with scripted_pool(monkeypatch, Scripted(), Scripted(), Scripted(made)) as pool:
        with pytest.raises(DeviceError, match=r"over the same photos.*cuda:0.*SIGSEGV.*cuda:1.*SIGSEGV"):
            pool.variants(*call)
        assert pool.variants(*call) is made


def test_a_run_on_several_devices_writes_the_same_pictures(album, tmp_path, tiny_weights, monkeypatch):
    def pictures(out):
        code = run_guarded(cli, "colorize", [*common, "-o", str(out)])
        paths = sorted(p for p in out.rglob("*.*") if ".colorize" not in p.parts)
        return code, {p.relative_to(out): p.read_bytes() for p in paths}

    # Batches of one, as the last bits of float32 hang on the size of a batch.
    common = [str(album), "--weights", str(tiny_weights), "-n", "2", "-q", "--batch-size", "1"]
    monkeypatch.setattr("colorize_cli.engine.pool.choose_devices", lambda name: [torch.device("cpu")])
    alone = pictures(tmp_path / "one")
    monkeypatch.setattr("colorize_cli.engine.pool.choose_devices", lambda name: [torch.device("cpu")] * 2)
    assert pictures(tmp_path / "two") == alone
    assert (alone[0], len(alone[1])) == (ExitCode.OK, 6)


PARENT = """
import os, sys
import numpy as np
from colorize_cli.engine.protocol import SampleOptions, Prompt
from colorize_cli.common.signals import Interruption
from colorize_cli.engine import pool as workers

def say(*words):
    print(*words, flush=True)

with Interruption(lambda: say("heard")):
    start = workers._start
    workers._start = lambda order: (start(order), say("started"))[0]
    with workers.ColorizerPool(["cpu", "cpu"], sys.argv[1]) as pool:
        say("ready")
        sys.stdin.readline()
        call = (np.zeros((2, 64, 64), np.float32), [Prompt("a"), Prompt("b")], SampleOptions(1))
        say(*pool.variants(*call).fields.shape)
"""


@pytest.fixture
def parent(tiny_weights):
    """A program with a pool of two, head of a process group; its output ends when its last process does."""
    command = [sys.executable, "-c", PARENT, str(tiny_weights)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, text=True, start_new_session=True, **pipes) as process:
        yield process
        process.kill()


def heard_until(process, word):
    lines = [process.stdout.readline().strip()]
    while lines[-1] != word:
        assert lines[-1], lines
        lines.append(process.stdout.readline().strip())
    return lines


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_to_the_whole_group_are_the_parents_to_obey(parent, number):
    heard_until(parent, "started")
    os.killpg(parent.pid, number)  # a worker is only loading torch
    assert "heard" in heard_until(parent, "ready")
    rest, _ = parent.communicate("\n", timeout=60)
    assert (rest.split(), parent.returncode) == (["2", "1", "2", "16", "16"], 0)


@pytest.mark.parametrize("word", ["started", "ready"])
def test_workers_end_when_the_parent_is_killed(parent, word):
    heard_until(parent, word)
    parent.kill()
    # Returns at the end of the output, which every worker holds, too.
    parent.communicate(timeout=60)
    assert parent.returncode == -signal.SIGKILL
