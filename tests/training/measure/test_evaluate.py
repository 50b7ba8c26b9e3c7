"""`evaluate` end to end on four small photos, with a tiny network and with stubs of known error."""

import hashlib
import io
import json
import math

import cv2
import numpy as np
import pytest
import torch
from rich.console import Console

from colorize_cli.engine.colorizer import Colorizer
from colorize_cli.errors import NoInputError, OutputError, UsageError
from colorize_cli.image.colour.rgb import colour_picture
from colorize_cli.model.network import ColorNet
from colorize_cli.model.weights import WeightsInfo
from colorize_training.data.photo import ab_of, decode_rgb
from colorize_training.data.sources import Item, list_photos
from colorize_training.measure.contact_sheet import contact_sheet
from colorize_training.measure.evaluate import evaluate
from colorize_training.measure.harness import open_photo
from colorize_training.measure.methods import ColorizerMethod, Grey
from colorize_training.measure.references import reference_of
from colorize_training.measure.report import render
from tests.conftest import TINY


class Stub:
    """Gives each photo, by its key, a field that is known beforehand."""

    info = WeightsInfo("stub", "")

    def __init__(self, known):
        self.known = known

    def fields(self, greys, keys, n, seed=0):
        return [np.stack([self.known[key]] * n).astype(np.float32) for key in keys]


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return ColorNet(TINY).eval()


def method_of(net, **options):
    return ColorizerMethod(Colorizer(net, WeightsInfo("tiny", "0" * 64), torch.device("cpu")), **options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four photos of soft colours, of different shapes."""
    folder = tmp_path_factory.mktemp("photos")
    for i in range(4):
        y, x = np.mgrid[0:1:64j, 0 : 1 : (64 + 16 * i) * 1j]
        lab = np.stack([40 + 20 * x, 15 * (x - y) + 4 * i, 20 * y - 10], axis=2).astype(np.float32)
        bgr = cv2.cvtColor(lab, cv2.COLOR_LAB2BGR)
        cv2.imwrite(str(folder / f"{i}.png"), np.rint(bgr * 255).astype(np.uint8))
    return folder


@pytest.fixture
def items(folder):
    return list_photos([folder])


def write_labels(path, rows):
    lines = ["name\tsource\tcategory\toriginal_path", *("\t".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_grey_pictures_have_the_error_of_grey(items):
    stub = Stub({hashlib.sha256(i.read()).hexdigest(): np.zeros((2, 16, 16)) for i in items})
    rows = evaluate(stub, items, variants=2).rows
    assert rows["grey"].ratio.value == 1.0
    for name in ("top-1", "eob@2", "mean-of-2"):
        # Grey 8-bit RGB comes back from Lab with ab up to 0.125, and photos with a mean of about 8.
        assert rows[name].ratio.value == pytest.approx(1.0, abs=0.02)
    assert rows["var"].figure.value == 0.0
    assert math.isnan(rows["cast 1"].figure.value)
    assert rows["colourfulness 1"].figure.value == pytest.approx(0.0, abs=0.5)
    assert rows["colourfulness difference of means 1"].figure.value < 0.0


def test_true_fields_have_almost_no_error(items):
    data = [item.read() for item in items]
    stub = Stub({hashlib.sha256(d).hexdigest(): ab_of(decode_rgb(d), 16).transpose(2, 0, 1) for d in data})
    rows = evaluate(stub, items, variants=1).rows
    assert rows["top-1"].ratio.value < 0.1
    assert rows["eob@1"].figure == rows["top-1"].figure
    for name in ("cast", "chroma"):
        assert rows[f"{name} 1"].figure.value == pytest.approx(rows[f"{name} truth"].figure.value, rel=0.05)
    assert rows["dcf 1"].figure.value < 2.0
    for name in ("blotch 1", "edge 1"):
        assert rows[name].figure.value == pytest.approx(1.0, abs=0.2)


def test_a_network_gives_every_figure_the_same_on_every_run(net, items):
    method = method_of(net)
    done = []
    report = evaluate(method, items, variants=3, old=items[:2], progress=done.append)
    rows = report.rows
    assert sum(done) == 6
    assert rows["eob@3"].figure.value <= rows["top-1"].figure.value
    assert rows["eob@3"].figure.value <= rows["mean-of-3"].figure.value
    assert {"zero-code", "oracle", "old cast 3", "old chroma 3", "cast truth"} <= rows.keys()
    assert all(row.figure.low <= row.figure.value <= row.figure.high for row in rows.values())
    assert report.to_json() == evaluate(method, items, variants=3, old=items[:2]).to_json()


def test_errors_are_those_of_the_delivered_pictures(net, items):
    method = method_of(net)
    rows = evaluate(method, items[:1], variants=2, seed=5).rows
    photo, truth = open_photo(items[0]), ab_of(open_photo(items[0]).rgb, 64)
    variants = method.fields([photo.grey], [photo.key], 2, 5)[0]
    own = reference_of(method).own_fields([photo.grey], [photo.rgb])[0]
    expected = [
        np.abs(ab_of(colour_picture(photo.grey, field), 64) - truth).mean() / 128
        for field in (*variants, *own)
    ]
    measured = [rows[name].figure.value for name in ("top-1", "mean-of-2", "zero-code", "oracle")]
    first, second, *own_codes = expected
    assert measured == pytest.approx([first, (first + second) / 2, *own_codes], rel=1e-5)


def test_what_has_no_code_of_its_own_is_measured_without_one(items):
    rows = evaluate(Grey(), items, variants=2).rows
    assert rows["top-1"].ratio.value == pytest.approx(1.0, abs=0.02)
    assert not {"oracle", "zero-code"} & rows.keys()


def test_scans_are_aged_by_seed_and_photo_and_the_truth_is_not(items):
    young, old, again, other = (open_photo(items[0], seed) for seed in (None, 1, 1, 2))
    assert np.array_equal(old.grey, again.grey)
    assert np.array_equal(old.rgb, young.rgb)
    assert not np.array_equal(old.grey, other.grey)
    assert not np.array_equal(old.grey, young.grey)


def test_the_report_says_that_scans_were_aged(items):
    plain, aged = (evaluate(Grey(), items, degraded=degraded) for degraded in (False, True))
    assert (plain.degraded, aged.degraded) == (False, True)
    # The luma of the scan is the luma of the picture, and its rounding shows in the ab of a grey one.
    assert plain.rows["chroma 1"] != aged.rows["chroma 1"]


def test_photos_that_cannot_be_read_are_listed(net, items, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no photo")
    gone = Item(tmp_path / "gone.jpg", "")
    method = method_of(net)
    report = evaluate(method, [*items[:1], Item(broken, ""), gone], variants=1)
    assert report.photos == 1
    assert report.unread == (str(broken), str(gone.container))
    with pytest.raises(NoInputError):
        evaluate(method, [gone], variants=1)


def test_labels_give_a_table_by_category(net, items, tmp_path):
    labels = write_labels(
        tmp_path / "labels.tsv", [(f"{i}.png", "me", "ab"[i % 2], "x.jpg") for i in range(3)]
    )
    report = evaluate(method_of(net), items, variants=2, labels=labels)
    assert {name: c.photos for name, c in report.categories.items()} == {"a": 2, "b": 1}
    assert all(c.eob.value <= c.top1.value for c in report.categories.values())
    out = io.StringIO()
    Console(file=out, width=120).print(render(report))
    assert "eob@2" in out.getvalue() and "| a " in out.getvalue()


def test_labels_of_another_set_are_refused(net, items, tmp_path):
    method = method_of(net)
    other = write_labels(tmp_path / "other.tsv", [("else.png", "me", "a", "x.jpg")])
    with pytest.raises(UsageError, match="names none"):
        evaluate(method, items, labels=other)
    (tmp_path / "bad.tsv").write_text("file\tkind\n0.png\ta\n")
    with pytest.raises(UsageError, match="columns"):
        evaluate(method, items, labels=tmp_path / "bad.tsv")
    with pytest.raises(UsageError):
        evaluate(method, items, labels=tmp_path / "gone.tsv")


def test_json_has_null_where_a_figure_is_not_defined(items):
    stub = Stub({hashlib.sha256(i.read()).hexdigest(): np.zeros((2, 16, 16)) for i in items})

    def refuse(constant):
        raise AssertionError(constant)

    read = json.loads(evaluate(stub, items, variants=1).to_json(), parse_constant=refuse)
    assert read["rows"]["cast 1"]["figure"]["value"] is None
    assert read["rows"]["grey"]["ratio"]["value"] == 1.0


def test_contact_sheet_shows_grey_variants_and_truth(net, items, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no photo")
    out = tmp_path / "sheet.png"
    unread = contact_sheet(method_of(net), [*items, Item(broken, "")], out, 2, True, 64)
    assert unread == [Item(broken, "")]
    sheet = cv2.imread(str(out))
    # The widest photo is 112 pixels wide at height 64; grey, two variants, truth, and gaps of 4.
    assert sheet.shape == (4 * (64 + 16), 4 * (112 + 4), 3)
    truth = cv2.imread(str(items[3].container))
    assert np.array_equal(sheet[3 * 80 : 3 * 80 + 64, 3 * 116 : 3 * 116 + 112], truth)


def test_contact_sheet_refuses_what_it_cannot_save(net, items, tmp_path):
    method = method_of(net)
    with pytest.raises(UsageError, match="jpg"):
        contact_sheet(method, items, tmp_path / "sheet.gif")
    with pytest.raises(UsageError, match="at most"):
        contact_sheet(method, items, tmp_path / "sheet.jpg", height=60_000)
    with pytest.raises(OutputError):
        contact_sheet(method, items[:1], tmp_path / "none" / "sheet.jpg", variants=1)
