import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from colorize_training.cli import cli
from colorize_training.data.cache import BAD, DONE, EMPTY, Cache, CacheSpec
from colorize_training.data.photo import ab_of, decode_rgb, grey_of, is_single_toned
from colorize_training.data.prepare import _thumbnail, listing_digest, prepare
from colorize_training.data.sources import list_photos
from colorize_training.data.statistics import FILE

SPEC = CacheSpec(1, "x", "lite0", 64, 32, degraded=0.0, copies=2)


@pytest.fixture(scope="module")
def photo(photo_folder):
    return decode_rgb((photo_folder / "03.png").read_bytes())


def test_the_first_copy_is_the_whole_photo(photo):
    _, ab = _thumbnail(photo, 0, SPEC)
    assert np.abs(ab - ab_of(photo, 32)).max() <= 0.5


@pytest.mark.parametrize("row", range(1, 8))
def test_colours_of_a_crop_are_those_of_its_grey(row):
    # From dark blue to light yellow across the picture: each grey goes with one blueness.
    share = np.add.outer(np.linspace(0, 0.6, 90), np.linspace(0, 0.4, 120))[..., None]
    ramp = np.rint((1 - share) * [20, 20, 120] + share * [240, 230, 120]).astype(np.uint8)
    spec = CacheSpec(1, "x", "lite0", 64, 32, degraded=0.0, copies=8)
    (whole, whole_ab), (grey, ab) = (_thumbnail(ramp, r, spec) for r in (0, row))
    assert not np.array_equal(grey, whole)
    small, of = (cv2.resize(g, (32, 32), interpolation=cv2.INTER_AREA).ravel() for g in (grey, whole))
    order = np.argsort(of)
    expected = np.interp(small, of[order], whole_ab[..., 1].ravel()[order])
    assert np.abs(ab[..., 1].ravel() - expected).max() < 4


def test_ageing_leaves_the_colours_alone(photo):
    plain, aged = (_thumbnail(photo, 1, CacheSpec(2, "x", "lite0", 64, 32, share)) for share in (0.0, 1.0))
    assert np.array_equal(plain[1], aged[1]) and not np.array_equal(plain[0], aged[0])


def test_held_out_photos_stay_clean_and_others_are_aged(photo):
    clean, aged = (CacheSpec(4, "x", "lite0", 64, 32, share, copies=2, held_out_every=2) for share in (0, 1))
    same = [np.array_equal(_thumbnail(photo, r, clean)[0], _thumbnail(photo, r, aged)[0]) for r in range(8)]
    assert same == [True, True, False, False] * 2


@pytest.mark.parametrize("tint", [(0, 0, 0), (20, 5, -15)])
def test_grey_and_toned_photos_teach_nothing(photo, tint):
    toned = np.clip(grey_of(photo)[:, :, None].astype(int) + tint, 0, 255).astype(np.uint8)
    assert is_single_toned(toned) and not is_single_toned(photo)


def test_muted_photos_and_flat_drawings_teach_something(photo):
    rng = np.random.default_rng(0)
    ab = cv2.resize(rng.normal(0, 6, (8, 8, 2)).astype(np.float32), photo.shape[1::-1])
    light = (grey_of(photo) / np.float32(2.55)).astype(np.float32)
    muted = cv2.cvtColor(np.dstack([light, ab]), cv2.COLOR_LAB2RGB)
    muted = np.clip(muted * 255, 0, 255).astype(np.uint8)
    assert 3 < np.hypot(*ab_of(muted, 32).reshape(-1, 2).T).mean() < 6
    assert not is_single_toned(muted) and not is_single_toned(photo)


def test_what_is_left_out_is_listed_with_the_reason(tmp_path, photo_folder):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "broken.png").write_bytes(b"not a picture")
    (folder / "good.png").write_bytes((photo_folder / "00.png").read_bytes())
    cv2.imwrite(str(folder / "grey.png"), np.random.default_rng(0).integers(0, 255, (40, 40), np.uint8))
    words = [
        "prepare",
        str(folder),
        "--cache",
        str(tmp_path / "cache"),
        "--backbone",
        "lite0",
        "--view",
        "64",
    ]
    words += ["--copies", "2", "--hold-out-every", "7", "--hold-out-block", "2"]
    CliRunner().invoke(cli, words, standalone_mode=False)
    bad = (tmp_path / "cache" / "bad.tsv").read_text()
    assert "broken.png\tcannot be read" in bad and "grey.png\thas no colours" in bad
    cache = Cache.open(tmp_path / "cache")
    assert (cache.spec.held_out_every, cache.spec.held_out_block) == (7, 2)
    assert list(cache.arrays["state"]) == [BAD, EMPTY, DONE, EMPTY, BAD, BAD]
    assert len(list_photos([folder])) == 3


def test_statistics_of_a_cache_go_when_more_photos_come(tmp_path, photo_folder):
    items = list_photos([photo_folder])[:2]
    spec = CacheSpec(2, listing_digest(items), "lite0", 64, 32)
    prepare(items, tmp_path, spec, lambda _: None)
    (tmp_path / FILE).touch()
    prepare(items, tmp_path, spec, lambda _: None)
    assert (tmp_path / FILE).exists()
    Cache.open(tmp_path, writable=True).arrays["state"][1] = EMPTY
    prepare(items, tmp_path, spec, lambda _: None)
    assert not (tmp_path / FILE).exists()
