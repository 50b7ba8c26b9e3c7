import tarfile
import zipfile

import pytest

from colorize_cli.errors import NoInputError
from colorize_training.sources import list_photos


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "lfw"
    (folder / "Ann_Lee").mkdir(parents=True)
    for name in ("Ann_Lee/Ann_Lee_0001.jpg", "Ann_Lee/Ann_Lee_0002.jpg", "README.txt"):
        (folder / name).write_bytes(name.encode())
    return folder


def test_folders_zips_and_tars_give_the_same_photos(tree, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as z, tarfile.open(tmp_path / "a.tar", "w") as t:
        for path in sorted(tree.rglob("*.*")):
            z.write(path, path.relative_to(tree))
            t.add(path, path.relative_to(tree))
    contents = [[i.read() for i in list_photos([p])] for p in (tree, tmp_path / "a.zip", tmp_path / "a.tar")]
    expected = [b"Ann_Lee/Ann_Lee_0001.jpg", b"Ann_Lee/Ann_Lee_0002.jpg"]
    assert contents == [expected] * 3


def test_a_compressed_tar_is_refused_with_advice(tree, tmp_path):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w:gz") as t:
        t.add(tree)
    with pytest.raises(NoInputError, match="Unpack"):
        list_photos([path])


def test_an_empty_folder_is_no_input(tmp_path):
    with pytest.raises(NoInputError, match="No photos"):
        list_photos([tmp_path])
