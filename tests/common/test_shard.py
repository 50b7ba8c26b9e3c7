import pytest

from colorize_cli.common.shard import Shard, parse_shard
from colorize_cli.errors import UsageError

SLURM = {"SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "1"}
SLURM |= {"SLURM_ARRAY_TASK_MAX": "7", "SLURM_ARRAY_TASK_STEP": "2"}


def test_every_name_is_in_one_shard_and_all_are_about_even():
    names = [f"photo box{i // 100}/scan{i}.jpg" for i in range(4000)]
    shards = [Shard(number, 8) for number in range(1, 9)]
    assert all(sum(shard.holds(name) for shard in shards) == 1 for name in names)
    assert all(400 < sum(map(shard.holds, names)) < 600 for shard in shards)


def test_shares_are_the_same_for_ever():
    assert [i for i in range(12) if Shard(3, 8).holds(f"photo /{i}.jpg")] == [7, 8]


def test_two_runs_of_a_shard_write_to_files_of_their_own():
    assert Shard(3, 8).segment.startswith("3-of-8.") and Shard(3, 8).segment != Shard(3, 8).segment


@pytest.mark.parametrize(
    ("environ", "share"),
    [
        (SLURM, (4, 4)),
        (SLURM | {"SLURM_ARRAY_TASK_ID": "1"}, (1, 4)),
        ({"SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_COUNT": "8", "SLURM_ARRAY_TASK_MIN": "0"}
         | {"SLURM_ARRAY_TASK_MAX": "7"}, (1, 8)),
        ({"JOB_COMPLETION_INDEX": "2", "JOB_COMPLETIONS": "8"}, (3, 8)),
    ],
)  # fmt: skip
def test_a_scheduler_says_which_share_it_is(environ, share):
    shard = parse_shard("auto", environ)
    assert (shard.number, shard.count) == share


@pytest.mark.parametrize(
    ("text", "environ", "said"),
    [
        ("9/8", {}, "no such share"),
        ("0/8", {}, "no such share"),
        ("3 of 8", {}, "neither a share like 3/8"),
        ("auto", {}, "neither SLURM_ARRAY_TASK_ID"),
        ("auto", {"JOB_COMPLETION_INDEX": "2"}, "Set JOB_COMPLETIONS"),
        ("auto", {"JOB_COMPLETION_INDEX": "8", "JOB_COMPLETIONS": "8"}, "no such share"),
        ("auto", SLURM | {"SLURM_ARRAY_TASK_COUNT": "3"}, "To repeat some of its tasks"),
        ("auto", SLURM | {"SLURM_ARRAY_TASK_COUNT": "1", "SLURM_ARRAY_TASK_MIN": "7"}, "To repeat some"),
        ("auto", SLURM | {"SLURM_ARRAY_TASK_MIN": "x"}, "SLURM_ARRAY_TASK_MIN is no number"),
    ],
)
def test_a_share_that_makes_no_sense_is_named(text, environ, said):
    with pytest.raises(UsageError, match=said):
        parse_shard(text, environ)
