from dataclasses import replace

import cv2
import pytest

from colorize_cli.image.formats import Format
from colorize_cli.inputs.naming import InputPhoto
from colorize_cli.run.cluster import chunks
from colorize_cli.run.cluster.chunks import Chunks
from colorize_cli.run.plan import Job
from tests.conftest import grey_scene


def jobs(count, root="out", group=None):
    names = (f"{root}-{group}-{i}" for i in range(count))
    photos = (InputPhoto(f"{name}.jpg", None, root, name, Format.JPEG, ".jpg") for name in names)
    return [Job(photo, (1,), group=group) for photo in photos]


def all_of(plan, threads=2):
    found, left = [], Chunks(plan)
    while left:
        found.append(left.take(threads))
    return found


def test_every_photo_is_in_one_chunk_and_the_last_chunks_are_small():
    plan = jobs(300)
    found = all_of(plan)
    assert [job for chunk in found for job in chunk] == plan
    sizes = list(map(len, found))
    assert sizes == sorted(sizes, reverse=True)
    assert (sizes[0], sizes[-1]) == (32, 1)


@pytest.mark.parametrize("threads", [0, 1, 1000])
def test_a_cluster_of_any_size_gets_chunks(threads):
    assert sum(map(len, all_of(jobs(5), threads))) == 5


def test_a_chunk_is_of_one_folder_and_one_group():
    plan = jobs(20) + jobs(20, "other") + jobs(20, "other", "1912")
    kinds = [{(job.photo.root, job.group) for job in chunk} for chunk in all_of(plan)]
    assert {len(kind) for kind in kinds} == {1}
    assert len(set().union(*kinds)) == 3


def test_large_photos_make_small_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "_PIXELS", 3 * 60 * 80)
    cv2.imwrite(str(tmp_path / "a.png"), grey_scene(60, 80))
    photo = InputPhoto(str(tmp_path / "a.png"), None, "out", "a", Format.PNG, ".png")
    plan = [Job(replace(photo, target=f"a{i}"), (1,)) for i in range(100)]
    assert max(map(len, all_of(plan))) == 3
