import numpy as np
import pytest

from colorize_cli.errors import UsageError
from colorize_training.data import faces as faces_module
from colorize_training.data.faces import Face, FaceDetector, faces_in, inner_mask, read_faces, write_faces
from colorize_training.data.sources import Item, list_photos
from colorize_training.data.view_batches import sample
from tests.training.commands.test_commands import train_cli

FACE = Face(0.4, 0.3, 0.2, 0.4)


def maps(*cells):
    """CenterFace's maps of 20 x 40 cells with faces of 8 x 4 cells."""
    heat, scale, offset = (
        np.zeros((20, 40), np.float32),
        np.zeros((2, 20, 40), np.float32),
        np.zeros((2, 20, 40)),
    )
    for y, x, sure in cells:
        heat[y, x], scale[:, y, x], offset[:, y, x] = sure, (np.log(8), np.log(4)), (0.1, 0.2)
    return heat, scale, offset.astype(np.float32)


def test_a_face_lies_around_its_cell():
    (found,) = faces_in(*maps((10, 20, 0.9)))
    assert found == pytest.approx(((20.7 - 2) / 40, (10.6 - 4) / 20, 4 / 40, 8 / 20), abs=1e-6)


def test_of_boxes_over_each_other_the_surest_stays():
    assert len(faces_in(*maps((10, 20, 0.9), (10, 21, 0.6), (10, 30, 0.5), (3, 3, 0.3)))) == 2
    assert faces_in(*maps()) == ()


def test_a_table_keeps_faces(tmp_path):
    items = [
        Item(tmp_path / "a.zip", "deep/1.jpg"),
        Item(tmp_path / "2.jpg", ""),
        Item(tmp_path / "3.jpg", ""),
    ]
    assert write_faces(tmp_path / "t.tsv", zip(items, [(FACE, FACE), (), (FACE,)], strict=True)) == 2
    assert read_faces(tmp_path / "t.tsv", items) == {0: (FACE, FACE), 2: (FACE,)}


@pytest.mark.parametrize(
    "text", ["name\tfaces\nother.jpg\t0,0,1,1\n", "name\n1.jpg\n", "name\tfaces\n1.jpg\t0,0\n"]
)
def test_another_table_is_refused(tmp_path, text):
    (tmp_path / "t.tsv").write_text(text)
    with pytest.raises(UsageError, match=r"t\.tsv"):
        read_faces(tmp_path / "t.tsv", [Item(tmp_path / "1.jpg", "")])


def test_another_file_is_no_detector(tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"no")
    with pytest.raises(UsageError, match=r"m\.onnx"):
        FaceDetector(tmp_path / "m.onnx")


def test_the_mask_is_the_inner_part_of_a_face():
    mask = inner_mask((FACE,), (200, 100))
    assert mask[104, 50] == 255 and mask[:62].max() == 0 and mask[:, :41].max() == 0


def test_skin_stays_with_its_pixels_when_a_photo_is_cropped():
    rgb = np.full((120, 90, 3), 90, np.uint8)
    rgb[inner_mask((FACE,), (120, 90)) > 0] = 200, 90, 60
    for seed in range(10):
        _, _, field, skin = sample(rgb, (FACE,), (64, 64), (96, 96), np.random.default_rng(seed), 0.3)
        reddish = field[:, :, 0] > 0.15
        assert (reddish == (skin > 0.5)).mean() > 0.98


def test_faces_of_a_folder_are_found_by_a_command(photo_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(faces_module, "FaceDetector", lambda model: lambda rgb: (FACE,))
    table = tmp_path / "faces.tsv"
    assert train_cli("faces", photo_folder, "--detector", tmp_path / "m.onnx", "-o", table) == 0
    assert len(read_faces(table, list_photos([photo_folder]))) == 16
