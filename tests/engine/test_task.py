import numpy as np
import pytest

from colorize_cli import Colorizer
from colorize_cli.engine.protocol import SampleOptions
from colorize_cli.engine.task import ColourTask, ViewSizes, variants_of
from colorize_cli.errors import UsageError
from colorize_cli.hints.hint import Hint
from colorize_cli.image.canvas import Canvas
from colorize_cli.image.photo import Metadata, Photo
from tests.conftest import grey_scene

OPTIONS = SampleOptions(3, uncertainty=True)


@pytest.fixture(scope="module")
def engine(tiny_grid_weights):
    return Colorizer.load(tiny_grid_weights, "cpu")


def task(engine, height, width, detail=None, hints=()):
    photo = Photo(None, grey_scene(height, width), None, "", Metadata(), f"{height}x{width}", 0.0)
    return ColourTask(Canvas(photo), ViewSizes.of(engine, detail), hints)


@pytest.mark.parametrize(
    ("size", "shape"), [((200, 200), (24, 24)), ((200, 300), (16, 32)), ((900, 100), (40, 16))]
)
def test_the_coloured_view_has_about_the_shape_of_the_photo(engine, size, shape):
    made = task(engine, *size).variants(engine, OPTIONS)
    assert made.fields.shape == (1, 3, 2, *shape)
    assert made.uncertainty.shape == (1, *shape)


def test_more_detail_gives_finer_fields(engine):
    assert task(engine, 200, 200, 160).variants(engine, OPTIONS).fields.shape[-1] == 40


def test_photos_of_several_shapes_get_in_one_call_what_they_get_alone(engine):
    tasks = [task(engine, *size) for size in ((80, 120), (100, 100), (81, 120))]
    together = variants_of(tasks, [t.prompt() for t in tasks], engine, OPTIONS)
    for one, made in zip(tasks, together, strict=True):
        np.testing.assert_array_equal(made.fields, one.variants(engine, OPTIONS).fields)


def test_weights_of_one_view_see_what_they_always_saw(tiny_weights):
    engine = Colorizer.load(tiny_weights, "cpu")
    plain, same, finer = (task(engine, 80, 120, detail) for detail in (None, engine.view_size, 128))
    assert plain.colour_view is None and same.colour_view is None
    assert finer.variants(engine, OPTIONS).fields.shape[-2:] == (24, 40)


def test_the_papers_networks_see_one_size(tiny_grid, engine, monkeypatch):
    monkeypatch.setattr(type(tiny_grid.config), "is_paper", True)
    with pytest.raises(UsageError, match="--detail"):
        task(engine, 80, 120, 128).variants(engine, OPTIONS)


def test_a_hint_is_met_in_a_photo_that_is_not_square(engine):
    hint = Hint(0.8, 0.3, 12.0, -20.0, 0.06, "")
    one = task(engine, 120, 240, hints=[hint])
    _, results = one.corrected(one.variants(engine, SampleOptions(2)).fields[0])
    assert max(results[0].left) < 5
