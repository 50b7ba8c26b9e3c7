"""A real server of S3 on the loopback (moto), as a process of its own."""

import contextlib
import os
import socket
import subprocess
import sys
import time

import pytest

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "colorize",
    "AWS_SECRET_ACCESS_KEY": "a-secret-that-nobody-prints",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@contextlib.contextmanager
def server():
    """Its address; skipped where it is not installed."""
    for name in ("s3fs", "moto", "flask", "flask_cors"):
        pytest.importorskip(name, reason="pip install -e '.[cloud,cloud-server]'", exc_type=ImportError)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def _wait_for(port):
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    pytest.fail("the server does not answer")


def environment(address):
    return os.environ | CREDENTIALS | {"AWS_ENDPOINT_URL": address}
