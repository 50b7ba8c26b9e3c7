import os
import subprocess
import sys

import pytest

# Minor page faults of blocks of a megabyte that are taken and given back again and again.
FAULTS = """
import resource, sys
from colorize_cli.common.allocator import keep_freed_memory

if sys.argv[1] == "keep":
    keep_freed_memory()
bytearray(1 << 20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100):
    bytearray(b"x") * (1 << 20)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(what):
    environment = os.environ | {"MALLOC_TRIM_THRESHOLD_": "65536"}
    command = [sys.executable, "-c", FAULTS, what]
    return int(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's mallopt")
def test_memory_that_was_freed_is_used_again():
    assert faults("keep") < 2000 < 20000 < faults("leave")
