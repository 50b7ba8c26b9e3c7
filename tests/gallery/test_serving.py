import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from urllib.parse import urlsplit

import pytest

from colorize_cli.errors import NoInputError, UsageError
from colorize_cli.gallery.building import build
from colorize_cli.gallery.serving import serve
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.pick import Others, pick
from colorize_cli.output.picks import Choice, read_picks
from tests.folders import coloured, put
from tests.gallery.test_page import data_in


@pytest.fixture
def out(tmp_path):
    return coloured(tmp_path, ["aunt.jpg", "sub/boat.png"], variants=2)


@pytest.fixture
def site(out):
    server = serve(build(out))
    thread = threading.Thread(target=server.run)
    thread.start()
    yield Asker(server.url)
    server.stop()
    thread.join()


class Asker:
    def __init__(self, url):
        parts = urlsplit(url)
        self.host, self.secret = parts.netloc, parts.path.rstrip("/")

    def ask(self, name, method="GET", body=None, secret=None, **headers):
        connection = http.client.HTTPConnection(self.host, timeout=10)
        path = (self.secret if secret is None else secret) + "/" + name
        connection.putrequest(method, path, skip_host="Host" in headers)
        if body is not None and "Content_Length" not in headers:
            headers["Content_Length"] = len(body)
        for key, value in headers.items():
            connection.putheader(key.replace("_", "-"), str(value))
        connection.endheaders(body)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, data, answer.headers

    def choose(self, record, **headers):
        return self.tell("picks", record, **headers)

    def tell(self, name, record, **headers):
        own = {"Origin": f"http://{self.host}", "Content_Type": "application/json"} | headers
        own = {key: value for key, value in own.items() if value is not None}
        body = record if isinstance(record, bytes) else json.dumps(record).encode()
        return self.ask(name, "POST", body, **own)[:2]


def test_the_page_and_its_pictures_are_there(site):
    status, body, headers = site.ask("")
    assert (status, headers["X-Content-Type-Options"], headers["Cache-Control"]) == (
        200,
        "nosniff",
        "no-store",
    )
    for photo in data_in(body.decode())["photos"]:
        for picture in (photo["original"], *photo["variants"]):
            for name in (picture["thumb"], picture["full"]):
                status, body, headers = site.ask(name)
                assert (status, headers["Content-Type"].split("/")[0]) == (200, "image")
                assert len(body) == int(headers["Content-Length"])


def test_head_has_no_body(site):
    assert site.ask("aunt.color-1.jpg", "HEAD")[:2] == (200, b"")


@pytest.mark.parametrize("secret", ["", "/", "/guess", "/%00"])
def test_nobody_gets_in_without_the_secret(site, secret):
    assert site.ask("", secret=secret)[0] == 403
    assert site.ask("aunt.color-1.jpg", secret=secret)[0] == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", ""])
def test_another_name_for_this_host_is_refused(site, host):
    assert site.ask("", Host=host)[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": None},
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/x-www-form-urlencoded"},
    ],
)
def test_pages_of_others_cannot_choose(site, out, headers):
    assert site.choose({"photo": "aunt", "variant": 1}, **headers)[0] == 403
    assert not (out / "picks.json").exists()


@pytest.mark.parametrize(
    "name",
    [
        "../in/aunt.jpg",
        "%2e%2e/in/aunt.jpg",
        "..%2fin%2faunt.jpg",
        ".colorize/manifest",
        "picks.json",
        "gallery.html",
        "/etc/passwd",
        "sub/../aunt.color-1.jpg",
        "scan/nothing",
        "aunt.color-1.jpg%00",
        "sub",
    ],
)
def test_only_what_the_manifest_names_is_given_out(site, name):
    assert site.ask(name)[0] == 404


def test_a_picture_that_became_something_else_is_not_given_out(site, out, tmp_path):
    (out / "aunt.color-1.jpg").unlink()
    (out / "aunt.color-1.jpg").symlink_to(tmp_path / "in/aunt.jpg")
    put(out / "aunt.color-2.jpg", b"<script>alert(1)</script>")
    (out / "sub/boat.color-1.png").unlink()
    os.mkfifo(out / "sub/boat.color-1.png")
    (out / "sub").rename(tmp_path / "moved")
    (out / "sub").symlink_to(tmp_path / "moved")
    for name in ("aunt.color-1.jpg", "aunt.color-2.jpg", "sub/boat.color-1.png", "sub/boat.color-2.png"):
        assert site.ask(name)[0] == 404


def test_a_scan_that_has_changed_is_not_given_out(site, tmp_path):
    full = data_in(site.ask("")[1].decode())["photos"][0]["original"]["full"]
    put(tmp_path / "in/aunt.jpg", (tmp_path / "in/aunt.jpg").read_bytes() + b"more")
    assert site.ask(full)[0] == 404


def test_picks_are_saved_as_they_are_made(site, out):
    assert site.choose({"photo": "aunt", "page": None, "variant": 2, "note": "blue"})[0] == 204
    assert site.choose({"photo": "sub/boat", "variant": None})[0] == 204
    assert site.choose({"photo": "aunt", "variant": 1})[0] == 204
    assert read_picks(out / "picks.json") == {
        "aunt": Choice("aunt", variant=1),
        "sub/boat": Choice("sub/boat", variant=0),
    }
    assert len(data_in(site.ask("")[1].decode())["picks"]) == 2


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"photo":"nobody"}', b'{"photo":"aunt","variant":9}'])
def test_what_is_no_pick_is_refused(site, out, body):
    assert site.choose(body)[0] == 400
    assert not (out / "picks.json").exists()


@pytest.mark.parametrize("length", ["1000000000", "-1", "x"])
def test_a_body_of_odd_length_is_refused(site, length):
    assert site.choose(b"{}", Content_Length=length)[0] == 413


def test_picks_that_cannot_be_saved_are_not_said_to_be(site, out, monkeypatch):
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "disk full")))
    status, said = site.choose({"photo": "aunt", "variant": 1})
    assert (status, b"disk full" in said) == (507, True)


def test_the_page_follows_what_happens_meanwhile(site, out):
    manifest = Manifest(str(out))
    assert [f.state for f in pick(out, manifest, [Choice("aunt", variant=2)], Others.MOVE)] == ["filed"]
    photo = data_in(site.ask("")[1].decode())["photos"][0]
    assert [v["name"] for v in photo["variants"]] == ["aunt.color-1.jpg", "aunt.jpg"]
    assert all(site.ask(v["full"])[0] == 200 for v in photo["variants"])


def test_many_at_a_time_lose_no_pick(site, out):
    photos = ["aunt", "sub/boat"] * 6
    threads = [
        threading.Thread(target=site.choose, args=({"photo": photo, "variant": 1},)) for photo in photos
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(read_picks(out / "picks.json")) == {"aunt", "sub/boat"}


def test_a_damaged_file_of_picks_is_not_written_over(out):
    (out / "picks.json").write_text("{")
    with pytest.raises(NoInputError):
        serve(build(out))


def test_a_port_that_is_taken_is_named(out):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match=str(taken.getsockname()[1])):
            serve(build(out), taken.getsockname()[1])


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_told_to_stop(out, number):
    command = [sys.executable, "-m", "colorize_cli", "gallery", str(out), "--serve", "--no-open"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    # A shell that runs the tests in the background has them ignore Ctrl-C, and this their children inherit.
    heard = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    with subprocess.Popen(command, text=True, **pipes, **heard) as process:
        try:
            url = process.stdout.readline().strip()
            assert Asker(url).ask("")[0] == 200
            process.send_signal(number)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, "colorize pick" in said) == (0, True)


def test_damaged_choices_are_told_to_the_page(site, out):
    (out / "picks.json").write_text("[[")
    status, body, _ = site.ask("")
    assert (status, b"not a file of picks" in body) == (409, True)
    assert site.choose({"photo": "aunt", "variant": 1})[0] == 409
    assert (out / "picks.json").read_text() == "[["


def test_a_pipe_in_the_place_of_a_picture_keeps_nobody_waiting(site, out):
    (out / "aunt.color-1.jpg").unlink()
    os.mkfifo(out / "aunt.color-1.jpg")
    assert site.ask("aunt.color-1.jpg")[0] == 404
