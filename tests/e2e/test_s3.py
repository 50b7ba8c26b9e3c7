"""`colorize s3://…` against a server of S3 on the loopback, as real processes."""

import signal
import subprocess
import sys
import time

import cv2
import pytest

from colorize_cli.errors import ExitCode
from tests.conftest import grey_scene
from tests.folders import digest

from . import s3

PHOTOS = 100  # two portions

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def photo(seed, width=80):
    return cv2.imencode(".png", grey_scene(60, width, seed))[1].tobytes()


@pytest.fixture(scope="module")
def address():
    with s3.server() as found:
        yield found


@pytest.fixture
def client(address):
    import boto3

    keys = {name.lower(): value for name, value in s3.CREDENTIALS.items() if "KEY" in name}
    client = boto3.client("s3", endpoint_url=address, region_name="us-east-1", **keys)
    for bucket in ("scans", "coloured"):
        client.create_bucket(Bucket=bucket)
    yield client
    for bucket in ("scans", "coloured"):
        keys = [{"Key": key} for key in objects(client, bucket)]
        for i in range(0, len(keys), 1000):
            client.delete_objects(Bucket=bucket, Delete={"Objects": keys[i : i + 1000]})
        client.delete_bucket(Bucket=bucket)


def objects(client, bucket):
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [found["Key"] for page in pages for found in page.get("Contents", ())]


def pictures(client):
    keys = [key for key in objects(client, "coloured") if ".colorize" not in key]
    return {key: digest(client.get_object(Bucket="coloured", Key=key)["Body"].read()) for key in keys}


@pytest.fixture
def command(tiny_weights):
    options = ["-n", "2", "--weights", str(tiny_weights), "--device", "cpu", "-o", "s3://coloured/out/"]
    return [sys.executable, "-m", "colorize_cli", "s3://scans/1912/", *options]


def run(command, address, **changed):
    said = subprocess.run(
        command,
        env=s3.environment(address) | changed,
        capture_output=True,
        text=True,
    )
    assert s3.CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in said.stdout + said.stderr
    return said


def test_a_folder_with_more_than_a_page_of_objects(client, address, command):
    for i in range(1100):
        client.put_object(Bucket="scans", Key=f"1912/{i:04}.txt", Body=b"x")
    client.put_object(Bucket="scans", Key="1912/", Body=b"")  # what consoles make for a folder
    client.put_object(Bucket="scans", Key="1912/zoo/a b+ü.png", Body=photo(1))
    client.put_object(Bucket="scans", Key="1912/zz.png", Body=photo(2))
    first = run(command, address)
    assert first.returncode == ExitCode.OK, first.stderr
    assert "done: s3://scans/1912/zoo/a b+ü.png (2 pictures)" in first.stderr
    made = pictures(client)
    assert sorted(made) == [
        "out/zoo/a b+ü.color-1.png",
        "out/zoo/a b+ü.color-2.png",
        "out/zz.color-1.png",
        "out/zz.color-2.png",
    ]
    again = run(command, address)
    assert (again.returncode, pictures(client)) == (ExitCode.OK, made)
    assert "2 done before" in again.stderr


def test_a_bucket_that_is_not_there_or_not_ours(client, address, command):
    missing = run([part.replace("scans", "nowhere") for part in command], address)
    assert missing.returncode == ExitCode.NO_USABLE_INPUT
    assert "s3://nowhere/1912/: no such folder or bucket" in missing.stderr
    client.put_object(Bucket="scans", Key="1912/a.png", Body=photo(1))
    nowhere = run([part.replace("coloured", "nowhere") for part in command], address)
    assert nowhere.returncode == ExitCode.OUTPUT
    assert "s3://nowhere/out/" in nowhere.stderr
    unreachable = run(command, "http://127.0.0.1:9")
    assert unreachable.returncode == ExitCode.NO_USABLE_INPUT


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT])
def test_stopped_in_the_middle_it_goes_on(client, address, command, by):
    for i in range(PHOTOS):
        client.put_object(Bucket="scans", Key=f"1912/{i:03}.png", Body=photo(i))
    with subprocess.Popen(command, env=s3.environment(address), stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 300
        while not pictures(client) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(by)
        assert process.wait(60) == (ExitCode.INTERRUPTED if by == signal.SIGINT else -by)
    some = pictures(client)
    assert 0 < len(some) < 2 * PHOTOS
    assert run(command, address).returncode == ExitCode.OK
    whole = pictures(client)
    assert len(whole) == 2 * PHOTOS
    assert some.items() <= whole.items()
