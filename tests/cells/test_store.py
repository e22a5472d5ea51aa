"""Library files: written and read to the last bit, and refused when damaged."""

import json

import pytest

from chaoscad.cells import Entry, Library, dumps, load, loads, save
from chaoscad.cells.shelf import SHIPPED, cache_path, library
from chaoscad.errors import ChaoscadError
from chaoscad.systems import setting
from chaoscad.systems.user import user_map

STEP = 2.0**-40


@pytest.fixture
def small() -> Library:
    entry = Entry(3 * STEP, (-2 * STEP,), 0.1 + 0.2, 1 / 3)
    wide = Entry(0.25, (0.125, 0.0, 0.0, 0.0, 0.5), 0.5, 0.125)
    return Library(
        setting("logistic"), (0.0, 1.0), 1, {2: {"0" * 31 + "1": wide, "01": entry}}, {"seed": 3}
    )


def test_a_library_is_read_back_to_the_last_bit(small, tmp_path):
    save(small, tmp_path / "cells.json")
    assert load(tmp_path / "cells.json") == small
    text = dumps(small)
    assert '   "01": [3, -2, 0.30000000000000004, 0.3333333333333333],\n' in text
    assert dumps(loads(text)) == text


def test_a_library_of_a_user_s_map_on_other_states_is_read_back():
    found = Library(user_map("1 - c*x*x", {"c": 1.7}), (-1.5, 1.5), 0, {1: {}}, {})
    assert json.loads(dumps(found))["grid"] == -38
    assert loads(dumps(found)) == found


def test_the_shipped_library_is_as_it_would_be_written():
    path = SHIPPED / "logistic_a4.json"
    text = path.read_text()
    found = load(path)
    assert dumps(found) == text
    assert found.provenance["command"].startswith("chaoscad cells --system logistic --set a=4.0")


def damaged(small: Library, change) -> str:
    data = json.loads(dumps(small))
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda data: data.update(format="x"),
            "this is not a cell library; chaoscad cells --build writes cell libraries",
        ),
        (
            lambda data: data.update(version=2),
            "the cell library has version 2; this program reads version 1",
        ),
        (lambda data: data.pop("state"), "the key 'state' is missing"),
        (lambda data: data.update(stat=1), "unknown key 'stat'; did you mean 'state'?"),
        (
            lambda data: data.update(state=[1, 0]),
            "'state' is not a range [low, high] of finite numbers",
        ),
        (
            lambda data: data.update(state=[0, 5e-324]),
            "the range 'state' [0, 5e-324] is too narrow or too wide for float64",
        ),
        (lambda data: data.update(inputs=5), "'inputs' is 5; it is a whole number from 0 to 4"),
        (lambda data: data.update(grid=-39), "'grid' is -39; for these states it is -40"),
        (lambda data: data.update(cells=[]), "'cells' is not an object"),
        (
            lambda data: data.update(system={"name": "lorentz", "parameters": {}}),
            "in 'system': unknown system 'lorentz'; did you mean 'lorenz'?",
        ),
        (
            lambda data: data.update(system={"name": "lorenz", "parameters": {}}),
            "the system lorenz is a flow; cells are made of maps",
        ),
        (
            lambda data: data.update(system="logistic"),
            "'system' has the keys 'name' or 'map', and 'parameters'",
        ),
        (
            lambda data: data["cells"].update({"0": {}}),
            "'cells.0': the number of iterates is from 1 to 1000",
        ),
        (
            lambda data: data["cells"]["2"].update({"012": []}),
            "'cells.2.012': the class is not a complete truth table of at most 6 inputs",
        ),
        (
            lambda data: data["cells"]["2"].update({"01": [1, 2]}),
            "'cells.2.01': a cell of 1 inputs is a list of 4 finite numbers",
        ),
        (
            lambda data: data["cells"]["2"].update({"01": [1, 0.5, 0.5, 0.5]}),
            "'cells.2.01': x0 and delta are whole numbers, in units of 2^grid",
        ),
        (
            lambda data: data["cells"]["2"].update({"01": [1, 2**40, 0.5, 0.5]}),
            "'cells.2.01': its states are not all in the range 'state'",
        ),
        (
            lambda data: data["cells"]["2"].update({"01": [1, 1, 0.5, 0]}),
            "'cells.2.01': the margin is 0; it is positive",
        ),
    ],
)
def test_a_damaged_library_is_refused(small, change, message):
    with pytest.raises(ChaoscadError) as caught:
        loads(damaged(small, change), "cells.json")
    assert str(caught.value) == f"cells.json: error: {message}"


def test_every_damaged_cell_is_named(small):
    def change(data):
        data["cells"]["2"]["01"] = [1, 1, 0.5, -1]
        data["cells"]["2"]["10"] = []

    with pytest.raises(ChaoscadError) as caught:
        loads(damaged(small, change), "cells.json")
    assert [item.message for item in caught.value.diagnostics] == [
        "'cells.2.01': the margin is -1; it is positive",
        "'cells.2.10': a cell of 1 inputs is a list of 4 finite numbers",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cells.json:1:2: error: this is not valid JSON: expecting property name"),
        ('{"a": NaN}', "cells.json:1:7: error: this is not valid JSON: NaN is not a JSON number"),
        (
            '{"a": 1, "a": 2}',
            "cells.json:1:10: error: the key 'a' stands there twice; delete one of them",
        ),
        ("[]", "cells.json: error: this is not a cell library"),
        (
            "[" * 100_000,
            "cells.json: error: this is nested more than 100 levels deep; no cell library is",
        ),
        ('{"a": 1e999}', "cells.json:1:7: error: '1e999' is larger than any number that a float"),
    ],
)
def test_what_is_no_library_is_refused(text, message):
    with pytest.raises(ChaoscadError) as caught:
        loads(text, "cells.json")
    assert str(caught.value).startswith(message)


def test_the_user_s_cells_complete_the_shipped_ones_and_never_override_them(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = library()
    assert before is not None
    path = cache_path(before.setting, before.state)
    assert path.parent == tmp_path / "chaoscad" / "cells"
    path.parent.mkdir(parents=True)
    wide = Entry(0.25, (0.125, 0.0, 0.0, 0.0, 0.5), 0.5, 0.125)
    other = Entry(0.0, (0.5,), 0.5, 0.25)
    save(
        Library(before.setting, before.state, 0, {1: {"01": other}, 6: {"0" * 31 + "1": wide}}),
        path,
    )
    after = library()
    assert after is not None
    assert after.entries[1]["01"] == before.entries[1]["01"] != other
    assert after.extra[6] == {"0" * 31 + "1": wide}
    path.unlink()
    assert library() is before


def test_a_damaged_file_of_the_user_is_named_with_the_advice_to_delete_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = cache_path(setting("logistic"), (0.0, 1.0))
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    with pytest.raises(ChaoscadError) as caught:
        library()
    assert str(caught.value) == (
        f"{path}: error: this is not a cell library; delete it; chaoscad cells --add makes it anew"
    )
    save(Library(setting("tent"), (0.0, 1.0), 0, {}), path)
    with pytest.raises(ChaoscadError) as caught:
        library()
    assert str(caught.value) == (
        f"{path}: error: the cell library is of another system or another range of states; "
        "delete it; chaoscad cells --add makes it anew"
    )
