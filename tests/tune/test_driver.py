"""The loop that every training runs on, with a run of plain numbers, and the file that holds one."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.tune import Checkpoint, Outcome, Reached, Standing, drive, every
from tests.conftest import Listener

START = np.array([0.5, 3.0, 0.25])


def squares(state, taken, mark):
    """A step squares every number; the record says what was taken."""
    for _ in range(taken, mark):
        state = state**2
    return state, (taken, mark)


def standing(state):
    return Standing(state < 1e3, state < 0.01)


def run(start=None, marks=(2, 4, 6), **options):
    options = {"steps": 6, "standing": standing} | options
    return drive(squares, start or Reached(START), marks, **options)


def test_a_run_goes_from_mark_to_mark_and_tells_of_every_one():
    listener = Listener()
    reached, outcome = run(progress=listener)
    assert outcome is Outcome.STEPS
    assert reached.taken == 6
    assert reached.records == ((0, 2), (2, 4), (4, 6))
    np.testing.assert_array_equal(reached.state, START**64)
    assert listener.heard == [("start", 6, 3), (2, 1, 0), (4, 2, 1), (6, 2, 1), "finish"]


def test_a_run_ends_when_enough_is_reached_or_every_trial_is_retired():
    reached, outcome = run(stop=lambda found: found.solved.sum() >= 2)
    assert (reached.taken, outcome) == (4, Outcome.SOLVED)
    reached, outcome = run(Reached(np.array([4.0, 5.0])), (3, 6, 9))
    assert (reached.taken, reached.records, outcome) == (3, ((0, 3),), Outcome.RETIRED)


def test_what_is_no_listener_is_named():
    with pytest.raises(ChaoscadError) as caught:
        inspect.unwrap(drive)(
            squares, Reached(START), (2,), steps=2, standing=standing, progress=False
        )
    assert str(caught.value) == (
        "error: the progress is False, and must be of the type "
        "chaoscad.tune.progress.Progress, for example Silent()"
    )


def test_a_run_whose_trials_are_all_retired_does_not_begin():
    listener = Listener()
    reached, outcome = run(Reached(np.array([np.inf])), progress=listener)
    assert (reached.taken, outcome) == (0, Outcome.RETIRED)
    assert listener.heard == [("start", 6, 1), "finish"]


@pytest.mark.parametrize(
    ("count", "last", "marks"),
    [(4, 10, [4, 8, 10]), (5, 10, [5, 10]), (20, 10, [10]), (3, 0, [0])],
)
def test_chunks_of_so_many_steps_end_with_the_run(count, last, marks):
    assert list(every(count, last)) == marks


def checkpoint(path, **configuration):
    return Checkpoint(path, "chaoscad-run", {"steps": 6} | configuration)


def save(file):
    def write(reached):
        header = {"taken": reached.taken, "records": reached.records}
        file.save({"state": reached.state}, header, {})

    return write


def load(file):
    header, arrays = file.load()
    state = np.asarray(file.state({"state": START.astype(np.float32)}, arrays)["state"])
    return Reached(state, header["taken"], tuple(map(tuple, header["records"])))


def test_a_run_that_was_interrupted_goes_on_from_its_file_bit_for_bit(tmp_path):
    file = checkpoint(tmp_path / "run.npz")
    listener = Listener()

    def interrupted(state, taken, mark):
        if taken == 4:
            raise KeyboardInterrupt
        return squares(state, taken, mark)

    start = Reached(START.astype(np.float32))
    with pytest.raises(KeyboardInterrupt):
        drive(
            interrupted,
            start,
            (2, 4, 6),
            steps=6,
            standing=standing,
            save=save(file),
            progress=listener,
        )
    assert listener.heard[-1] == "finish"
    assert [path.name for path in Path(tmp_path).iterdir()] == ["run.npz"]
    held = load(file)
    assert (held.taken, held.records) == (4, ((0, 2), (2, 4)))
    resumed, _ = run(held, save=save(file))
    whole, _ = run(start)
    np.testing.assert_array_equal(resumed.state, whole.state)
    assert resumed.records == whole.records
    assert load(file).taken == 6


def test_a_checkpoint_knows_its_run_and_says_what_is_wrong_with_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(save=save(checkpoint("run.npz")), start=Reached(START.astype(np.float32)))
    with pytest.raises(ChaoscadError) as caught:
        checkpoint("run.npz", steps=7, seed=1).load()
    assert str(caught.value) == (
        "run.npz: error: the checkpoint belongs to another configuration: seed is absent there and 1 "
        "here, steps is 6 there and 7 here; give the run another checkpoint file, or the old settings"
    )
    with pytest.raises(ChaoscadError) as caught:
        checkpoint(3)
    assert str(caught.value) == (
        "error: the file's path is 3; it must be a string or a pathlib.Path"
    )
    assert str(checkpoint("run.npz").damaged("its step is 9")) == (
        "run.npz: error: the run is damaged: its step is 9"
    )
