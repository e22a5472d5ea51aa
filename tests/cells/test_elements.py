"""Universal elements: as they claim, read back, looked up, refused where damaged, and built."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from chaoscad.cells import (
    dumps_elements,
    every,
    found_wrong,
    load_elements,
    save_elements,
    shipped_elements,
)
from chaoscad.cells.universal_store import PATH
from chaoscad.cli.main import status
from chaoscad.design import load_any
from chaoscad.netlist import load, unrolled
from chaoscad.solve.look_up import looked_up
from chaoscad.solve.problem import problem


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def element(iterates: int = 4, weights: str = "independent"):
    (one,) = shipped_elements().chosen(
        name="logistic", inputs=2, weights=weights, iterates=(iterates,)
    )
    return one


def test_every_shipped_element_does_every_function_and_is_as_it_would_be_written(capsys):
    library = shipped_elements()
    assert dumps_elements(library) == PATH.read_text()
    assert status(["elements", "--check"]) == 0
    functions = sum(len(one.x0) for one in library.elements)
    assert capsys.readouterr().out == (
        f"the library: {len(library.elements)} elements, {functions} functions: every one right\n"
    )
    assert {len(every(2, "shared")), len(every(3, "shared"))} == {8, 16}
    assert [element(n).margin > least for n, least in ((4, 0.160), (5, 0.285), (6, 0.364))] == [
        True
    ] * 3
    shared = ((3, 0.128), (4, 0.222), (5, 0.398))
    assert all(element(n, "shared").margin > least for n, least in shared)
    (three,) = library.chosen(name="logistic", inputs=3, weights="independent", iterates=(9,))
    assert len(three.x0) == 256
    assert three.margin > 0.07


def test_what_is_not_as_it_claims_is_found():
    one = element()
    name = "logistic, 2 inputs, independent weights, n = 4"
    moved = replace(one, x0={**one.x0, "0110": one.x0["0001"]})
    assert found_wrong(moved)[0].startswith(f"{name}: 0110: row ")
    assert found_wrong(replace(one, margin=0.5)) == [
        f"{name}: the worst margin is {one.margin!r}, not 0.5"
    ]
    less = replace(one, x0={key: x0 for key, x0 in one.x0.items() if key != "0110"})
    assert found_wrong(less) == [f"{name}: its functions are not all of its inputs"]


def test_a_family_of_all_functions_is_looked_up_and_a_part_is_not(folder: Path, capsys):
    one = element()
    assert status(["elements", "--system", "logistic", "--inputs", "2", "--iterates", "4"]) == 0
    capsys.readouterr()
    chosen = ["elements", "--system", "logistic", "--inputs", "2", "--weights", "independent"]
    assert status([*chosen, "--iterates", "4", "-o", "all.yaml"]) == 0
    assert capsys.readouterr().out == (
        f"logistic, 2 inputs, independent weights, n = 4: worst margin {one.margin:.4f}; "
        "written to all.yaml\n"
    )
    netlist = unrolled(load("all.yaml"))
    item = problem(netlist.gates, [gate.function for gate in netlist.gates], netlist.ties)
    found = looked_up([item])[item]
    assert found.margin.min() == one.margin
    assert tuple(found.setpoints.delta[0]) == one.delta
    inverted = replace(item, gates=tuple(replace(gate, compare="<") for gate in item.gates))
    assert looked_up([inverted])[inverted].margin.min() == one.margin
    part = load("all.yaml")
    few = unrolled(replace(part, configurations=part.configurations[:3]))
    item = problem(few.gates, [gate.function for gate in few.gates], few.ties)
    assert looked_up([item]) == {}
    assert status(["optimize", "all.yaml", "-o", "all.json"]) == 0
    assert load_any("all.json").worst_margin == one.margin
    stages = load_any("all.json").provenance["stages"]
    assert [stage["outcome"] for stage in stages] == ["Every cell was looked up."]


def test_an_element_is_written_as_a_verified_design(folder: Path, capsys):
    one = element(5, "shared")
    chosen = ["elements", "--system", "logistic", "--inputs", "2", "--weights", "shared"]
    assert status([*chosen, "--iterates", "5", "-o", "all.json"]) == 0
    design = load_any("all.json")
    assert design.solved
    assert len(design.configurations) == 8
    assert design.worst_margin == one.margin
    assert status(["verify", "all.json"]) == 0


def test_a_library_of_a_map_in_a_file_is_built_and_read(folder: Path, capsys):
    Path("parabola.yaml").write_text('map: "r*x*(1-x)"\nparameters: {r: 4}\n')
    build = ["elements", "--build", "--system", "parabola.yaml", "--inputs", "1", "--iterates", "2"]
    assert status([*build, "-o", "own.json"]) == 0
    assert capsys.readouterr().err.startswith(
        "parabola, 1 input, independent weights, n = 2: 4 of 4"
    )
    assert status(["elements", "--library", "own.json", "--system", "parabola"]) == 0
    assert "parabola" in capsys.readouterr().out


def test_a_library_is_built_saved_and_filtered(folder: Path, capsys):
    build = ["elements", "--build", "--system", "logistic", "--inputs", "1", "--iterates", "2"]
    assert status([*build, "-o", "own.json"]) == 0
    assert load_elements("own.json").elements[0] in shipped_elements().elements
    told = capsys.readouterr()
    assert told.out == "1 element written to own.json\n"
    assert told.err.startswith("logistic, 1 input, independent weights, n = 2: 4 of 4 functions")
    library = load_elements("own.json")
    (one,) = library.elements
    assert found_wrong(one) == []
    assert library.provenance["command"] == (
        "chaoscad elements --build --system logistic --inputs 1 --iterates 2"
    )
    assert status(["elements", "--library", "own.json", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [item["functions"] for item in data["elements"]] == [4]
    assert status(["elements", "--library", "own.json", "--margin", "0.6"]) == 3
    save_elements(replace(library, elements=(replace(one, margin=0.6),)), "wrong.json")
    assert status(["elements", "--check", "wrong.json"]) == 3
    assert "the worst margin is" in capsys.readouterr().err


def test_a_part_built_anew_is_what_ships(folder: Path, capsys):
    provenance = {"seed": 0, "command": "chaoscad elements --build"}
    assert shipped_elements().provenance == provenance
    part = ["--system", "sine", "--system", "tent", "--weights", "shared", "--inputs", "2"]
    assert status(["elements", "--build", *part, "--iterates", "3", "-o", "part.json"]) == 0
    assert (
        capsys.readouterr()
        .err.splitlines()[1]
        .startswith(
            "tent, 2 inputs, shared weights, n = 3: 8 functions are more than 6: F of the tent map has"
        )
    )
    (line,) = [line for line in Path("part.json").read_text().splitlines() if '"x0":' in line]
    assert line in PATH.read_text().replace(",\n", "\n").splitlines()


def test_why_there_is_no_element_is_told(capsys):
    assert status(["elements", "--system", "tent", "--inputs", "2", "--weights", "shared"]) == 3
    assert capsys.readouterr().err == (
        "no element of the library is as asked for\n"
        "tent: x0 alone makes at most 6 of 8 functions: F of the tent map has the period 2^(1 - n) "
        "after n iterates and lies above a threshold on one interval of each, so that the 3 states "
        "cross its ends at most 6 times as x0 turns them\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--build"], 2, "--build needs -o FILE"),
        (["--workers", "2"], 2, "--workers belongs to --build"),
        (["--build", "--check", "-o", "x.json"], 2, "--build and --check are two jobs"),
        (["--system", "logistik"], 1, "logistic"),
        (
            ["--system", "own.yaml"],
            2,
            "no library is shipped of --system own.yaml: make one by --build --system own.yaml -o FILE, and "
            "give it to --library",
        ),
        (["-o", "x.yaml"], 2, "-o writes one element, and "),
        (["-o", "x.txt"], 2, "-o x.txt: a netlist ends with .yaml, a design with .json"),
        (["--build", "--system", "lorenz", "-o", "x.json"], 1, "lorenz is a flow"),
        (
            ["--build", "--inputs", "4", "-o", "x.json"],
            2,
            "--inputs is 4; --build searches up to 3",
        ),
        (["--library", "none.json"], 1, "none.json: error: "),
    ],
)
def test_what_cannot_be_is_refused(arguments, code, message, capsys):
    assert status(["elements", *arguments]) == code
    assert message in capsys.readouterr().err
    assert not Path("x.json").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data["elements"][0].update(system="tant"), "there is no system 'tant' under"),
        (
            lambda data: data["elements"][0].update(x0={}),
            "'x0' has truth tables of 4 rows for keys",
        ),
        (lambda data: data["elements"][0].update(iterates=0), "iterates is 0; it is from 1 to"),
        (lambda data: data["elements"][0].pop("delta"), "the key 'elements.0.delta' is missing"),
        (lambda data: data["systems"].update(logistic={"name": "lorentz"}), "'systems.logistic': "),
        (
            lambda data: data.update(format="chaoscad-cells"),
            "this is a cell library, and an element",
        ),
    ],
)
def test_a_damaged_library_is_refused(folder: Path, change, message, capsys):
    save_elements(replace(shipped_elements(), elements=(element(),)), "own.json")
    data = json.loads(Path("own.json").read_text())
    change(data)
    Path("own.json").write_text(json.dumps(data))
    assert status(["elements", "--library", "own.json"]) == 1
    assert message in capsys.readouterr().err
