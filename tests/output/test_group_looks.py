import numpy as np
import pytest

from colorize_cli.errors import OutputError
from colorize_cli.model.variants.group_look import GroupLook
from colorize_cli.output.group_looks import LookStore

LOOK = GroupLook(np.log(np.array([0.75, 0.25], np.float32)), np.arange(6, dtype=np.float32).reshape(2, 3))
OTHER = GroupLook(LOOK.log_pi, -LOOK.mu)


@pytest.fixture
def root(tmp_path):
    (tmp_path / ".colorize").mkdir()
    return str(tmp_path)


def test_a_look_is_kept_bit_by_bit_for_its_weights(root):
    LookStore(root, "w").add("rome\n'\udcff", LOOK, 9)
    found = LookStore(root, "w").get("rome\n'\udcff")
    assert (found.log_pi.tobytes(), found.mu.tobytes()) == (LOOK.log_pi.tobytes(), LOOK.mu.tobytes())
    assert found.mu.shape == (2, 3) and LookStore(root, "v").get("rome\n'\udcff") is None


def test_the_digest_tells_groups_looks_and_those_to_be_found_apart(root):
    book = LookStore(root, "w")
    digests = [book.digest("a")]
    book.add("a", LOOK, 1)
    book.add("b", LOOK, 1)
    digests += [book.digest("a"), book.digest("b")]
    book.add("a", OTHER, 1)
    assert len({*digests, book.digest("a")}) == 4


def test_the_last_look_counts_and_damaged_lines_do_not(root):
    book = LookStore(root, "w")
    book.add("a", LOOK, 1)
    with book.path.open("a") as file:
        file.write('{"v": 1, "group": "a", "weights": "w", "log_pi": 3}\n[]\n{"v": 1, "gro')
    book.add("b", OTHER, 1)
    again = LookStore(root, "w")
    assert (again.get("a").digest, again.get("b").digest) == (LOOK.digest, OTHER.digest)


def test_a_book_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(OutputError, match=r"looks: cannot be written \(No such file"):
        LookStore(str(tmp_path), "w").add("a", LOOK, 1)
