from colorize_cli.output.lock import locked
from colorize_cli.run.cluster.shared import Going, Journal, RunMark, shared_place


def test_a_mark_says_whether_its_run_goes_on(tmp_path):
    mark = RunMark(shared_place(str(tmp_path), ".run"))
    states = [mark.state()]
    for step in (mark.make, mark.stop, mark.remove, mark.remove):
        step()
        states.append(mark.state())
    assert states == [Going.OVER, Going.ON, Going.STOPPING, Going.OVER, Going.OVER]


def test_the_next_run_takes_over_from_one_that_was_killed(tmp_path):
    mark, journal = (
        RunMark(shared_place(str(tmp_path), ".run")),
        Journal(shared_place(str(tmp_path), ".tries")),
    )
    mark.make()
    journal.make()
    journal.begun(0)
    with locked([str(tmp_path)]):
        assert mark.state() is Going.OVER
        journal.ended(0)  # by a worker that nobody waits for any more
        assert journal.read() == []
        assert not journal.path.exists()


def test_a_journal_knows_what_was_begun_and_never_ended(tmp_path):
    journal = Journal(tmp_path / "tries")
    journal.make()
    assert not journal.deaths()
    for place in (0, 1, 2):
        journal.begun(place)
    journal.ended(1)
    journal.begun(2)
    assert {place: n for place, n in journal.deaths().items() if n} == {0: 1, 2: 2}
    journal.remove()
    assert journal.read() == []


def test_a_line_that_the_end_of_its_worker_has_torn_is_no_line(tmp_path):
    journal = Journal(tmp_path / "tries")
    journal.path.write_bytes(b"+0\n+1\n+")
    assert dict(journal.deaths()) == {0: 1, 1: 1}
    journal.path.write_bytes(b"+0\n\0\0\0")
    assert dict(journal.deaths()) == {0: 1}
