import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from colorize_cli.engine import transfer as lanes
from colorize_cli.engine.batch_size import BatchLimit
from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.engine.transfer import CudaLane, PinnedBuffer
from colorize_cli.errors import DeviceError

CPU = torch.device("cpu")


class LateCopies(TorchDispatchMode):
    """Non-blocking copies that arrive only when the event is waited for, like those of a card."""

    def __init__(self, calls):
        super().__init__()
        self.late, self.calls = [], calls

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function is torch.ops.aten.copy_.default and (*args, False)[2]:
            self.calls.append("copy")
            self.late.append((args[0], args[1].clone()))
            return args[0].fill_(torch.nan)
        return function(*args, **(kwargs or {}))

    def arrive(self):
        for here, there in self.late:
            here.copy_(there)
        self.late.clear()


@pytest.fixture
def card(monkeypatch):
    """A card that is the CPU: `torch.cuda` of a build without CUDA, as far as a lane needs it."""
    calls = []
    copies = LateCopies(calls)

    class Event:
        def __init__(self, blocking):
            assert blocking

        def record(self):
            calls.append("record")

        def synchronize(self):
            calls.append("synchronize")
            copies.arrive()

    @contextlib.contextmanager
    def stream(which):
        calls.append(which)
        yield
        calls.append("left")

    monkeypatch.setattr(torch.cuda, "Stream", lambda device: "stream")
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "stream", stream)
    with copies:
        yield calls


def test_a_result_is_there_when_the_lane_returns_and_stays(card):
    lane, x = CudaLane(CPU), torch.rand(3, 4)
    first = lane.run([x, x], lambda a, b: a + b)
    second = lane.run([-x, x], lambda a, b: a * b)
    np.testing.assert_array_equal(first, (x + x).numpy())
    np.testing.assert_array_equal(second, (-x * x).numpy())
    assert card == ["stream", "copy", "record", "left", "synchronize"] * 2


def test_buffers_are_used_again_and_grow(monkeypatch):
    asked = []
    monkeypatch.setattr(lanes, "_host_memory", lambda count: asked.append(count) or torch.empty(count))
    buffer = PinnedBuffer()
    rooms = [buffer.room(torch.Size(s)) for s in [(4, 5), (2, 5), (3, 7), (4, 5)]]
    assert [tuple(r.shape) for r in rooms] == [(4, 5), (2, 5), (3, 7), (4, 5)]
    assert asked == [20, 21]
    assert rooms[0].data_ptr() == rooms[1].data_ptr() != rooms[2].data_ptr() == rooms[3].data_ptr()


def test_without_pinned_memory_ordinary_memory_does(monkeypatch):
    real = torch.empty

    def full(*args, pin_memory=False, **options):
        if pin_memory:
            raise RuntimeError("CUDA error: out of memory")
        return real(*args, **options)

    monkeypatch.setattr(torch, "empty", full)
    assert PinnedBuffer().room(torch.Size((2, 3))).shape == (2, 3)


def test_pinned_memory_is_asked_for(monkeypatch):
    options = []
    monkeypatch.setattr(torch, "empty", lambda *a, **k: options.append(k) or torch.zeros(*a))
    PinnedBuffer().room(torch.Size((2,)))
    assert options[-1] == {"pin_memory": True}


@pytest.fixture
def on_card(card, tiny_net, tiny_weights, monkeypatch):
    """A Colorizer whose lanes are those of a card."""
    monkeypatch.setattr("colorize_cli.engine.colorizer.open_lane", CudaLane)
    return Colorizer.load(tiny_weights, "cpu")


def views(count):
    return np.random.default_rng(0).random((count, 64, 64), dtype=np.float32)


def test_a_cards_fields_are_the_cpus(on_card, tiny_weights):
    ours = on_card.fields(views(3), list("abc"), 2)
    np.testing.assert_array_equal(ours, Colorizer.load(tiny_weights, "cpu").fields(views(3), list("abc"), 2))


def test_memory_that_runs_out_at_synchronisation_halves_the_batch(on_card, monkeypatch):
    expected, real, sizes = on_card.fields(views(4), list("abcd"), 2), CudaLane.run, []
    on_card._limit = BatchLimit(CPU, lambda device: None)

    def late(self, inputs, compute):
        sizes.append(len(inputs[0]))
        fields = real(self, inputs, compute)
        if sizes[-1] > 2:
            raise RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be reported later")
        return fields

    monkeypatch.setattr(CudaLane, "run", late)
    np.testing.assert_allclose(on_card.fields(views(4), list("abcd"), 2), expected, atol=1e-2)
    assert sizes == [4, 2, 2]


def test_calls_at_the_same_time_take_a_lane_each(tiny_weights, monkeypatch):
    """Two calls meet inside the network; with one lane, or a lock around it, they would wait for ever."""
    colorizer, meeting = Colorizer.load(tiny_weights, "cpu"), threading.Barrier(2, timeout=30)
    alone = [colorizer.fields(views(2)[i : i + 1], ["a"], 2) for i in range(2)]

    def meet(*_):
        meeting.wait()

    colorizer.net.mdn.register_forward_hook(meet)
    with ThreadPoolExecutor(2) as pool:
        together = pool.map(lambda i: colorizer.fields(views(2)[i : i + 1], ["a"], 2), range(2))
    np.testing.assert_array_equal(np.stack(list(together)), np.stack(alone))
    assert len(colorizer._lanes) == 2


def test_a_card_that_fails_is_a_device_error(on_card, monkeypatch):
    def fails(*_):
        raise RuntimeError("CUDA error: unspecified launch failure\nCUDA kernel errors might be late")

    monkeypatch.setattr(on_card, "device", torch.device("cuda:0"))
    monkeypatch.setattr(CudaLane, "run", fails)
    with pytest.raises(
        DeviceError, match=r"cuda:0: the card has failed \(CUDA error: unspecified.*failure\)"
    ):
        on_card.fields(views(1), ["a"], 1)
