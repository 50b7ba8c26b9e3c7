import logging

import pytest
import torch

from colorize_cli.engine.batch_size import BatchLimit, is_out_of_memory
from colorize_cli.errors import DeviceError

CPU, TOO_MUCH = torch.device("cpu"), torch.OutOfMemoryError("too much")


def holding(most, sizes, error=TOO_MUCH):
    """A call that fails for more than `most` photos and notes what it was given."""

    def compute(part):
        sizes.append(part.stop - part.start)
        if sizes[-1] > most:
            raise error
        return list(range(part.start, part.stop))

    return compute


@pytest.mark.parametrize(("most", "sizes"), [(9, [9]), (4, [9, 4, 4, 1]), (1, [9, 4, 2, *[1] * 9])])
def test_every_photo_is_in_one_part(most, sizes):
    tried = []
    parts = BatchLimit(CPU, lambda device: None).in_parts(9, holding(most, tried))
    assert ([photo for part in parts for photo in part], tried) == (list(range(9)), sizes)


def test_what_was_too_large_once_is_not_tried_again(caplog):
    limit, first, second = BatchLimit(CPU, lambda device: None), [], []
    with caplog.at_level(logging.INFO, "colorize_cli.engine.batch_size"):
        limit.in_parts(8, holding(4, first))
        limit.in_parts(8, holding(4, second))
    assert (first, second) == ([8, 4, 4], [4, 4])
    assert [r.getMessage() for r in caplog.records] == [
        "cpu: out of memory with 8 photos; continuing with 4 at a time"
    ]


def test_a_photo_that_does_not_fit_by_itself_is_a_device_error():
    with pytest.raises(DeviceError, match=r"single photo.*smaller -n"):
        BatchLimit(CPU, lambda device: None).in_parts(5, holding(0, []))


@pytest.mark.parametrize(
    "text",
    [
        "CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "MPS backend out of memory (MPS allocated: 17 GB)",
        "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory",
    ],
)
def test_memory_runs_out_in_many_words(text):
    sizes = []
    BatchLimit(CPU, lambda device: None).in_parts(2, holding(1, sizes, RuntimeError(text)))
    assert sizes == [2, 1, 1]


def test_the_cpu_runs_out_of_memory_in_these_words():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)


def test_any_other_error_passes():
    with pytest.raises(RuntimeError, match="shapes"):
        BatchLimit(CPU, lambda device: None).in_parts(2, holding(1, [], RuntimeError("shapes do not match")))


def test_a_limit_only_falls():
    """Two threads may find out at once; the one with the larger batch must not raise the other's limit."""
    limit, sizes = BatchLimit(CPU, lambda device: None), []

    def compute(part):
        if not sizes:
            sizes.append(0)
            limit.in_parts(4, holding(1, []))
            raise torch.OutOfMemoryError("too much")
        sizes.append(part.stop - part.start)

    limit.in_parts(8, compute)
    assert sizes == [0, *[1] * 8]
