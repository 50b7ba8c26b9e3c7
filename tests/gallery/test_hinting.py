import json
import signal
import subprocess
import sys
import threading
import time

import pytest

from colorize_cli.errors import BusyError, PhotoError, WeightsError
from colorize_cli.gallery.building import build
from colorize_cli.gallery.serving import serve
from colorize_cli.output.manifest import Manifest
from colorize_cli.output.pick import Others, pick
from colorize_cli.output.picks import Choice
from tests.folders import coloured
from tests.gallery.test_page import data_in
from tests.gallery.test_serving import Asker

COAT = {"x": 0.42, "y": 0.31, "color": "navy", "label": "coat"}


class Painter:
    """Stands for the runs that colour a photo: it waits until it may, and does as it is told."""

    def __init__(self):
        self.may, self.photos, self.error, self.said = (
            threading.Event(),
            [],
            None,
            "3 pictures were made anew.",
        )
        self.may.set()

    def about(self, entry):
        if isinstance(self.error, WeightsError):
            raise self.error
        return f"Like {entry.target}."

    def colour(self, entry, tell):
        tell("Colouring …")
        assert self.may.wait(20)
        self.photos.append(entry.target)
        if self.error:
            raise self.error
        return (self.said,)


@pytest.fixture
def out(tmp_path):
    return coloured(tmp_path, ["aunt.jpg", "sub/boat.png"], variants=2)


@pytest.fixture
def painter():
    return Painter()


@pytest.fixture
def site(out, painter):
    server = serve(build(out), 0, painter)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield Asker(server.url)
    painter.may.set()
    server.stop()
    thread.join()
    server.finish()


def hints_of(site, photo="aunt"):
    status, body = site.tell("hints/of", {"photo": photo})
    assert status == 200
    return json.loads(body)


def save(site, *hints, photo="aunt", digest="", **headers):
    status, body = site.tell("hints", {"photo": photo, "hints": list(hints), "digest": digest}, **headers)
    return status, json.loads(body) if status == 200 else body.decode()


def task(site, photo="aunt"):
    status, body, headers = site.ask("hints/progress")
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (
        200,
        "application/json",
        "no-store",
    )
    return next((task for task in json.loads(body)["tasks"] if task["photo"] == photo), None)


def names(tmp_path):
    return {path.name for path in (tmp_path / "in").iterdir()}


def ended(site, photo="aunt"):
    end = time.monotonic() + 20
    while (found := task(site, photo))["state"] in ("waiting", "working"):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def test_hints_are_saved_beside_the_scan_and_the_photo_is_coloured(site, painter, tmp_path):
    assert hints_of(site)["file"] == "aunt.hints.json" and not (tmp_path / "in/aunt.hints.json").exists()
    status, sheet = save(site, COAT)
    assert (status, sheet["hints"]) == (200, [COAT | {"shown": "#000080"}])
    found = ended(site)
    assert (found["state"], found["said"], painter.photos) == (
        "done",
        ["3 pictures were made anew."],
        ["aunt"],
    )
    assert found["record"] == data_in(site.ask("")[1].decode())["photos"][0]
    assert json.loads((tmp_path / "in/aunt.hints.json").read_text()) == {"version": 1, "hints": [COAT]}
    assert hints_of(site)["digest"] == sheet["digest"] and hints_of(site)["about"] == "Like aunt."


def test_the_page_knows_whether_hints_can_be_placed(site, out):
    assert data_in(site.ask("")[1].decode())["hints"] == "hints"
    build(out).write()
    assert "hints" not in data_in((out / "gallery.html").read_text())


def test_without_anybody_who_colours_nothing_is_saved(out, tmp_path):
    server = serve(build(out))
    threading.Thread(target=server.run).start()
    asker = Asker(server.url)
    assert [asker.tell(name, {"photo": "aunt"})[0] for name in ("hints", "hints/of")] == [403, 403]
    assert asker.ask("hints/progress")[0] == 404
    assert "hints" not in data_in(asker.ask("")[1].decode())
    server.stop()
    assert not (tmp_path / "in/aunt.hints.json").exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": None},
        {"Content_Type": "text/plain"},
        {"Content_Type": None},
        {"Host": "evil.example"},
        {"secret": "/guess"},
    ],
)
@pytest.mark.parametrize("name", ["hints", "hints/of"])
def test_pages_of_others_cannot_colour(site, painter, tmp_path, headers, name):
    assert site.tell(name, {"photo": "aunt", "hints": [COAT], "digest": ""}, **headers)[0] == 403
    assert (task(site), painter.photos, names(tmp_path)) == (None, [], {"aunt.jpg", "sub"})


def test_nobody_without_the_secret_hears_how_it_goes_on(site):
    assert site.ask("hints/progress", secret="/guess")[0] == 403
    assert site.ask("hints/progress", Host="evil.example")[0] == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_ways_to_ask_are_not_known(site, method):
    assert site.ask("hints", method, b"{}", Origin=f"http://{site.host}")[0] == 501


@pytest.mark.parametrize("length", ["1000000000", "-1", "x"])
def test_a_body_of_odd_length_is_refused(site, length):
    assert save(site, COAT, Content_Length=length)[0] == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"[" * 50000,
        b'{"photo":"nobody","hints":[],"digest":""}',
        b'{"photo":"../in/aunt","hints":[],"digest":""}',
        b'{"photo":"aunt","hints":{},"digest":""}',
        b'{"photo":"aunt","hints":[]}',
        b'{"photo":"aunt","hints":[{"x":2,"y":0,"color":"red"}],"digest":""}',
        b'{"photo":"aunt","hints":[{"x":NaN,"y":0,"color":"red"}],"digest":""}',
        b'{"photo":"aunt","hints":[{"x":0,"y":0,"color":"<b>"}],"digest":""}',
        b'{"photo":"aunt","hints":[{"x":0,"y":0,"color":"red","path":"/etc"}],"digest":""}',
    ],
)
def test_what_are_no_hints_is_refused(site, painter, tmp_path, body):
    assert site.tell("hints", body)[0] == 400
    assert (task(site), painter.photos, names(tmp_path)) == (None, [], {"aunt.jpg", "sub"})


def test_hints_that_are_not_understood_are_told_and_stay(site, tmp_path):
    (tmp_path / "in/aunt.hints.json").write_text('{"version": 9, "hints": []}')
    status, said = site.tell("hints/of", {"photo": "aunt"})
    assert (status, b"this colorize reads version 1" in said) == (409, True)
    assert save(site, COAT)[0] == 409
    assert (tmp_path / "in/aunt.hints.json").read_text() == '{"version": 9, "hints": []}'


def test_two_windows_do_not_write_over_each_other(site):
    first = save(site, COAT)[1]
    ended(site)
    status, said = save(site, COAT | {"x": 0.1})
    assert (status, "was changed since" in said) == (409, True)
    assert save(site, COAT | {"x": 0.1}, digest=first["digest"])[0] == 200


def test_a_picked_photo_is_told_and_stays(site, painter, out, tmp_path):
    assert [done.state for done in pick(out, Manifest(str(out)), [Choice("aunt", variant=2)], Others.MOVE)]
    assert f"colorize pick {out} --undo" in hints_of(site)["trouble"]
    status, said = save(site, COAT)
    assert (status, "--undo" in said, painter.photos) == (409, True, [])
    assert not (tmp_path / "in/aunt.hints.json").exists()


def test_what_keeps_a_photo_from_its_colours_is_told(site, painter):
    painter.error = WeightsError("mine.safetensors: the weights cannot be read.")
    assert hints_of(site)["trouble"] == str(painter.error)
    painter.error = BusyError("out: another colorize is writing there (process 7 on ws).")
    assert save(site, COAT)[0] == 200
    found = ended(site)
    assert (found["state"], found["said"], "record" in found) == ("failed", [str(painter.error)], False)
    painter.error = KeyError("odd")
    save(site, digest=hints_of(site)["digest"])
    assert "unexpected KeyError" in ended(site)["said"][0]


def test_one_photo_after_the_other(site, painter):
    painter.may.clear()
    assert [save(site, COAT, photo=photo)[0] for photo in ("aunt", "sub/boat")] == [200, 200]
    end = time.monotonic() + 20
    while task(site)["state"] != "working" or not task(site)["said"]:
        assert time.monotonic() < end
    assert (task(site)["said"], task(site, "sub/boat")["state"]) == (["Colouring …"], "waiting")
    status, said = save(site, digest=hints_of(site)["digest"])
    assert (status, "just now" in said) == (409, True)
    painter.may.set()
    assert [ended(site, photo)["state"] for photo in ("aunt", "sub/boat")] == ["done", "done"]
    assert painter.photos == ["aunt", "sub/boat"]


def test_at_the_end_the_photo_in_work_is_finished_and_no_other(out, painter):
    server = serve(build(out), 0, painter)
    worker = server.hinting.worker
    painter.may.clear()
    for photo in ("aunt", "sub/boat"):
        worker.add(photo)
    while not server.is_colouring or worker.tasks()[0].state != "working":
        time.sleep(0.01)
    threading.Timer(0.1, painter.may.set).start()
    server.finish()
    assert (painter.photos, server.is_colouring) == (["aunt"], False)
    with pytest.raises(PhotoError, match="being ended"):
        server.hinting.save({"photo": "aunt", "hints": [COAT], "digest": ""})
    server.http.server_close()


def test_hints_that_cannot_be_saved_are_not_said_to_be(site, painter, monkeypatch):
    monkeypatch.setattr(
        "pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError(30, "Read-only file system"))
    )
    status, said = save(site, COAT)
    assert (status, "Read-only file system" in said, painter.photos) == (507, True, [])


def test_a_folder_without_a_place_for_hints_is_told(site, monkeypatch, tmp_path):
    monkeypatch.setattr("os.access", lambda *_: False)
    assert hints_of(site)["trouble"].startswith(f"{tmp_path / 'in'}: hints have their place there")


def test_a_photo_that_is_taken_out_meanwhile_is_no_fault(site, out):
    assert save(site, COAT)[0] == 200
    ended(site)
    path = out / ".colorize/manifest"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if '"aunt"' not in line))
    assert site.ask("")[0] == 200
    assert (task(site)["state"], "record" in task(site)) == ("failed", False)


def test_a_scan_that_is_gone_is_told(site, tmp_path):
    (tmp_path / "in/aunt.jpg").unlink()
    status, said = site.tell("hints/of", {"photo": "aunt"})
    assert (status, b"scan cannot be read" in said) == (409, True)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_nothing_heavy_is_loaded_before_a_photo_is_coloured(out):
    command = [
        sys.executable,
        "-X",
        "importtime",
        "-m",
        "colorize_cli",
        "gallery",
        str(out),
        "--serve",
        "--no-open",
    ]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        try:
            asker = Asker(process.stdout.readline().strip())
            assert hints_of(asker)["trouble"] == ""
            assert task(asker) is None
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    loaded = {line.rpartition("|")[2].strip() for line in said.splitlines()}
    assert "colorize_cli.run.again" in loaded and "torch" not in loaded
