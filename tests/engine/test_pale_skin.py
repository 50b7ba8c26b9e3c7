import numpy as np
import pytest

from colorize_cli.engine.pale_skin import pale_skin

SKIN, BLUE = 50.0, 270.0  # degrees


def colour(hue, chroma):
    return np.array([np.cos(np.radians(hue)), np.sin(np.radians(hue))], np.float32)[:, None, None] * chroma


def grey(variants=3):
    return np.zeros((variants, 2, 48, 64), np.float32)


def with_spots(fields, hue, chroma, *places):
    for y, x in places:
        fields[..., y : y + 3, x : x + 3] = colour(hue, chroma)
    return fields


@pytest.mark.parametrize("places", [(), [(10, 12)], [(10, 12), (10, 30), (30, 30)]])
def test_pale_spots_of_skin_are_counted(places):
    assert pale_skin(with_spots(grey(), SKIN, 10.0, *places)) == len(places)


@pytest.mark.parametrize(("hue", "chroma"), [(SKIN, 22.0), (BLUE, 10.0), (120.0, 10.0), (SKIN, 3.0)])
def test_skin_in_full_colour_other_colours_and_hints_of_nothing_are_not(hue, chroma):
    assert pale_skin(with_spots(grey(), hue, chroma, (10, 12))) == 0


def test_what_other_variants_colour_as_skin_and_the_first_leaves_grey_counts():
    fields = grey()
    with_spots(fields[1:], SKIN, 20.0, (10, 12))
    assert (pale_skin(fields), pale_skin(fields[:1])) == (1, 0)


def test_a_tint_over_everything_hides_no_face_and_is_none():
    assert pale_skin(grey() + colour(SKIN, 8.0)) == 0
    assert pale_skin(with_spots(grey() + colour(SKIN, 2.0), SKIN, 12.0, (10, 12))) == 1


def test_variants_stay_as_they_are():
    fields = with_spots(grey(), SKIN, 10.0, (10, 12))
    before = fields.copy()
    pale_skin(fields)
    np.testing.assert_array_equal(fields, before)
