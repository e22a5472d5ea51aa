"""A circuit covered by functions of few inputs, by ABC: of least depth, or of little area.

R. Brayton, A. Mishchenko, "ABC: an academic industrial-strength verification tool", CAV 2010. ABC
sees only names made here, so no name of the circuit reaches it.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Literal

from chaoscad.arguments import choice
from chaoscad.errors import ChaoscadError
from chaoscad.files import read_text, write_text
from chaoscad.formats import blif
from chaoscad.logic import Logic, LogicNode, by_level, from_column, input_column
from chaoscad.logic.circuit import evaluate_table
from chaoscad.toolchain import Tool, available, require

MOST_INPUTS = 6
"""Most inputs of a function of a cover."""

Effort = Literal["depth", "area"]
"""What a cover has little of."""

EFFORTS: tuple[Effort, ...] = ("depth", "area")

FEWEST_ROUNDS, LARGE = 2, 100_000
"""Rounds for the area of a circuit of so many nodes and more; a round of one takes a minute."""

MOST_CHOSEN = 50_000
"""Most nodes of a circuit that is covered with structural choices, whose time grows with the square of
them: 17 s for 24,000 nodes of a multiplier, which has 0.5 % more gates without, in .2 s."""

SECONDS = 300.0
"""That the tool may take."""

NARROWEST_PACKED = 4
"""`lutpack` makes functions of so many inputs whatever it was given."""


def cover(
    logic: Logic, inputs: int, *, effort: Effort = "depth", timeout: float = SECONDS
) -> Logic:
    """The circuit as functions of at most `inputs` inputs each, 2 to `MOST_INPUTS`.

    Ports keep their names and order; the nets between get new ones.

    **Arguments:**

    - `effort`: `depth` takes the least depth that ABC finds, and then few functions; `area` takes few
      functions, in more levels.
    - `timeout`: of the tool, in seconds.

    **Raises:** `ChaoscadError` when neither yosys nor ABC is installed, or when they fail.
    """
    if not 2 <= inputs <= MOST_INPUTS:
        message = f"a cover takes functions of 2 to {MOST_INPUTS} inputs, not {inputs}"
        raise ChaoscadError(message)
    rounds = recipe(inputs, choice("effort", effort, EFFORTS), len(logic.nodes))
    plain = logic.numbered(logic.inputs, logic.outputs)
    with tempfile.TemporaryDirectory(prefix="chaoscad-") as folder:
        write_text(Path(folder) / "in.blif", blif.dumps(plain))
        abc = available("yosys-abc")
        if abc is not None:
            _by_abc(abc, folder, rounds, timeout)
        else:
            _by_yosys(require("yosys"), folder, inputs, rounds, timeout)
        found = [read_text(path) for path in sorted(Path(folder).glob("out*.blif"))]
    # No round is sure to be better than the one before.
    covered = blif.loads(min(found, key=lambda text: text.count("\n.names")), None, logic.name)
    return _named(_merged(covered), logic)


def recipe(inputs: int, effort: Effort, nodes: int) -> tuple[str, ...]:
    """ABC's commands, one round after another; each begins at any network and leaves a cover.

    For the depth one round: an and-inverter graph, structural choices of all but large circuits, a
    cover of least depth. For the area several, with the same choices: a cover by area flow and exact
    area (A. Mishchenko, S. Cho, S. Chatterjee, R. Brayton, ICCAD 2007), functions resubstituted with
    don't-cares (A. Mishchenko, R. Brayton, J.-H. R. Jiang, S. Jang, FPGA 2009), and repacked
    (A. Mishchenko, R. Brayton, S. Chatterjee, ICCAD 2008). Another round starts at another structure,
    every other one at a rewritten graph, and so finds what the one before could not.
    """
    choices = "dch; " if nodes <= MOST_CHOSEN else ""
    if effort == "depth":
        return (f"strash; {choices}if -K {inputs}",)
    pack = "; lutpack -S 1" if inputs >= NARROWEST_PACKED else ""
    covered = f"{choices}if -a -K {inputs}; mfs2 -a -e -L 20"
    plain, rewritten = f"strash; {covered}{pack}", f"strash; {_REWRITING}; {covered}{pack}"
    rounds = (f"strash; {covered}", plain, rewritten, plain, rewritten, plain)
    return rounds[:FEWEST_ROUNDS] if nodes >= LARGE else rounds


_REWRITING = (
    "balance -l; resub -K 6 -l; rewrite -l; resub -K 6 -N 2 -l; refactor -l; resub -K 8 -l; "
    "balance -l; resub -K 8 -N 2 -l; rewrite -l; resub -K 10 -l; rewrite -z -l; "
    "resub -K 10 -N 2 -l; balance -l; resub -K 12 -l; refactor -z -l; resub -K 12 -N 2 -l; "
    "rewrite -z -l; balance -l"
)
"""What ABC's own scripts call `compress2rs`: rewriting of cuts, cones and windows for fewer nodes."""


def _by_abc(tool: Tool, folder: str, rounds: tuple[str, ...], timeout: float) -> None:
    steps = [f"{commands}; write_blif out{index}.blif" for index, commands in enumerate(rounds)]
    done = tool.run(
        ["-q", "; ".join(["read_blif in.blif", *steps])],
        folder=folder,
        timeout=timeout,
        hint=_longer(rounds),
    )
    if not (Path(folder) / f"out{len(rounds) - 1}.blif").exists():
        raise ChaoscadError(f"ABC could not cover the circuit: {_last_line(done.output)}")


def _by_yosys(
    tool: Tool, folder: str, inputs: int, rounds: tuple[str, ...], timeout: float
) -> None:
    commands = "; ".join(rounds).replace("; ", ";").replace(" ", ",")
    script = (
        "read_blif -sop in.blif; techmap; simplemap; opt_clean; "
        f"abc -lut {inputs} -script +{commands}; opt_clean; write_blif out.blif"
    )
    done = tool.run(["-q", "-p", script], folder=folder, timeout=timeout, hint=_longer(rounds))
    if done.status != 0 or not (Path(folder) / "out.blif").exists():
        raise ChaoscadError(f"yosys could not cover the circuit: {_last_line(done.output)}")


def _longer(rounds: tuple[str, ...]) -> str:
    less = "; --effort depth takes less" if len(rounds) > 1 else ""
    return f"--time-limit gives it longer{less}"


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it said nothing"


def _merged(logic: Logic) -> Logic:
    """The circuit without buffers and inverters between nodes.

    Where an output is a buffer or an inverter of a node, as ABC writes outputs that share one, it
    takes that node's function itself: over the same inputs, or in its place where nothing else reads
    it. Inputs that a function does not depend on are dropped.
    """
    nodes = {node.name: _trimmed(node) for node in logic.nodes}
    for name in [node.name for node in logic.nodes]:
        node = nodes[name]
        while len(node.inputs) == 1 and node.inputs[0] in nodes:
            source = nodes[node.inputs[0]]
            inverted = node.function.rows == "10"
            function = source.function.complement() if inverted else source.function
            node = replace(node, inputs=source.inputs, function=function)
        nodes[name] = node
    read: set[str] = set(logic.outputs)
    kept: list[LogicNode] = []
    for node in reversed(list(nodes.values())):
        if node.name in read:
            kept.append(node)
            read.update(node.inputs)
    return replace(logic, nodes=by_level(reversed(kept)))


def _trimmed(node: LogicNode) -> LogicNode:
    """The node without inputs that its function does not depend on."""
    arity = len(node.inputs)
    column = int(node.function.rows[::-1], 2)
    used: list[int] = []
    for position in range(arity):
        mask = input_column(position, arity)
        block = 1 << (arity - 1 - position)
        if (column ^ (column >> block)) & ~mask & ((1 << (1 << arity)) - 1):
            used.append(position)
    if len(used) == arity:
        return node
    columns: list[int] = [0] * arity
    for place, position in enumerate(used):
        columns[position] = input_column(place, len(used))
    function = from_column(evaluate_table(node.function, columns, 0), len(used))
    return replace(node, inputs=tuple(node.inputs[k] for k in used), function=function)


def _named(covered: Logic, logic: Logic) -> Logic:
    """The cover with the ports of the circuit, and names for nets that none of them has."""
    names: dict[str, str] = {f"i{index}": name for index, name in enumerate(logic.inputs)}
    taken = set(logic.inputs) | set(logic.outputs)
    for index, port in enumerate(logic.outputs):
        if port not in logic.inputs:
            names[f"o{index}"] = port
    dropped = {f"o{index}" for index, port in enumerate(logic.outputs) if port in logic.inputs}
    number = 0
    for node in covered.nodes:
        if node.name not in names and node.name not in dropped:
            while f"n{number}" in taken:
                number += 1
            names[node.name] = f"n{number}"
            number += 1
    nodes = [
        LogicNode(names[node.name], tuple(names[net] for net in node.inputs), node.function)
        for node in covered.nodes
        if node.name not in dropped
    ]
    return Logic(logic.name, logic.inputs, logic.outputs, tuple(nodes), logic.file)
