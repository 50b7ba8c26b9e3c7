"""The errors of the package and the exit code each one gives the command line; README.md lists them."""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class ExitCode(IntEnum):
    """Exit codes of the commands and what each one says; a code not listed here is a failure."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        """A code that knows its meaning, as help, manual and README tell it."""
        code = int.__new__(cls, value)
        code._value_, code.meaning = value, meaning
        return code

    OK = 0, "done"
    INTERNAL_ERROR = 1, "unexpected error"
    USAGE = 2, "usage"
    SOME_INPUTS_FAILED = 3, "some photos failed"
    NO_USABLE_INPUT = 4, "no usable input"
    WEIGHTS = 5, "weights missing or damaged"
    OUTPUT = 6, "output not writable or disk full"
    DEVICE = 7, "device missing or out of memory"
    INTERRUPTED = 130, "interrupted"


class ColorizeError(Exception):
    """Base of every error that the package raises on purpose; its text is meant for people."""

    exit_code = ExitCode.INTERNAL_ERROR


class UsageError(ColorizeError):
    """Settings that contradict each other or cannot be carried out."""

    exit_code = ExitCode.USAGE


class PhotoError(ColorizeError):
    """One photo cannot be read, understood or coloured; the run goes on with the others."""

    exit_code = ExitCode.SOME_INPUTS_FAILED


class NoInputError(ColorizeError):
    """Nothing that was named can be used as input."""

    exit_code = ExitCode.NO_USABLE_INPUT


class WeightsError(ColorizeError):
    """The weights are missing, damaged, or of a kind this version does not know."""

    exit_code = ExitCode.WEIGHTS


class OutputError(ColorizeError):
    """The output cannot be written: no permission, no space, or something is in the way."""

    exit_code = ExitCode.OUTPUT


class BusyError(OutputError):
    """Another run holds the output folder."""

    exit_code = ExitCode.OUTPUT


class DiskFullError(OutputError):
    """There is no room for the output: neither for this picture nor for the next one."""

    exit_code = ExitCode.OUTPUT


class DeviceError(ColorizeError):
    """The device asked for is not there, or its memory does not hold a single photo."""

    exit_code = ExitCode.DEVICE
