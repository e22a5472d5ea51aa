"""One element, many functions: margins, times and yields of the netlists that reconfigure.

    python benchmarks/elements.py [families | steady | two | gallery | alu | yields]

Logistic map, a = 4, states in [0, 1]. `families`: every two-input function, or every symmetric one, with
x0 as the only control; each line is `chaoscad optimize` in processes of their own, processor time with
starts, the median of three seeds. `steady`: all 256 functions of three inputs, ten seeds. `two`: the same by
x0 and the threshold, after fewer iterates. `gallery`: the worst margins of the netlists with elements and
configurations, and that of the published full adder of one element. `alu`: ten seeds of the ALU slice.
`yields`: of the gate with all 16 functions, the share of devices that work in all configurations, and in the
worst, with the best margin and centred, three seeds.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from chaoscad.cells import every
from chaoscad.design import Design, load_any
from chaoscad.gate import Setpoint
from chaoscad.logic import NAMED, TruthTable
from chaoscad.netlist import parse
from chaoscad.netlist.model import Weights
from chaoscad.robustness import centre, deviations_of
from chaoscad.robustness.configurations import each_of
from chaoscad.solve import Settings
from chaoscad.systems import setting
from chaoscad.workflow import reconfigure, side_by_side

ROOT = Path(__file__).parents[1]
FAMILIES: tuple[tuple[Weights, int, int], ...] = (
    *(("shared", n, 2) for n in (3, 4, 5)),
    *(("independent", n, 2) for n in (4, 5, 6)),
    *(("independent", n, 3) for n in (8, 9)),
)
GALLERY = ("half_adder_element", "full_adder_element", "functions_by_time", "alu_slice")
SIGMA = "0.003"


def netlist(weights: Weights, iterates: int, inputs: int = 2, controls: str = "x0") -> str:
    """One gate that is every function of its inputs, or every symmetric one, by its controls."""
    tables = [table.rows for table in every(inputs, weights)]
    names = ", ".join("abc"[:inputs])
    each = "".join(f'  f{table}: {{functions: {{y: "{table}"}}}}\n' for table in tables)
    return (
        f"chaoscad: 1\nname: family\ndefaults: {{weights: {weights}, iterates: {iterates}}}\n"
        f"inputs: [{names}]\noutputs: [y]\ngates: {{y: {{inputs: [{names}]}}}}\n"
        f"configurations:\n{each}controls: [{controls}]\n"
    )


def optimized(source: Path, seed: int) -> tuple[float, float]:
    """The worst margin that a process of its own finds, and its seconds of one core."""
    with tempfile.TemporaryDirectory() as folder:
        design = Path(folder, "found.json")
        options = ["--no-look-up", "--seed", str(seed)]
        command = [sys.executable, "-m", "chaoscad", "optimize", str(source), *options]
        begin = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*command, "-o", str(design)], check=True, capture_output=True)
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime
        found = load_any(design)
    margin = found.verification.worst_margin if isinstance(found, Design) else found.worst_margin
    return margin, seconds


def families() -> None:
    print(
        "| weights | inputs | functions | iterates | worst margin | least of the seeds | seconds |"
    )
    print("|---|---|---|---|---|---|---|")
    for weights, iterates, inputs in FAMILIES:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "family.yaml")
            source.write_text(netlist(weights, iterates, inputs))
            margins, seconds = zip(*(optimized(source, seed) for seed in range(3)), strict=True)
        print(
            f"| {weights} | {inputs} | {len(every(inputs, weights))} | {iterates} "
            f"| {statistics.median(margins):.4f} | {min(margins):.4f} "
            f"| {statistics.median(seconds):.1f} |",
            flush=True,
        )


def seeds_of(text: str, words: str, seeds: int) -> None:
    """Print the worst margins of a netlist by seeds."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "family.yaml")
        source.write_text(text)
        for seed in range(seeds):
            margin, seconds = optimized(source, seed)
            print(f"{words}, seed {seed}: worst margin {margin:.4f}, {seconds:.1f} s", flush=True)


def steady() -> None:
    for iterates in (9, 8):
        seeds_of(netlist("independent", iterates, 3), f"256 functions by x0, n = {iterates}", 10)


def two() -> None:
    for iterates in (7, 6):
        text = netlist("independent", iterates, 3, "x0, threshold")
        seeds_of(text, f"256 functions by x0 and threshold, n = {iterates}", 1)


def gallery() -> None:
    for stem in GALLERY:
        margin, seconds = optimized(ROOT / "netlists" / f"{stem}.yaml", 0)
        print(f"{stem}: worst margin {margin:.4f}, {seconds:.1f} s", flush=True)
    readings = [
        (Setpoint(setting("logistic"), 1, 0.0, (0.23,) * 3, 0.8, ">"), NAMED["MAJ"].table(3)),
        (Setpoint(setting("logistic"), 2, 0.0, (0.23,) * 3, 0.4, ">"), TruthTable("01101001")),
    ]
    margin = min(setpoint.margin(wanted) for setpoint, wanted in readings)
    print(f"published full adder of one element (Chaos 20, 037107): worst margin {margin:.4f}")


def alu() -> None:
    for seed in range(10):
        margin, seconds = optimized(ROOT / "netlists" / "alu_slice.yaml", seed)
        print(f"seed {seed}: worst margin {margin:.4f}, {seconds:.1f} s", flush=True)


def yields() -> None:
    for iterates in (4, 5, 6):
        for seed in range(3):
            source = parse(netlist("independent", iterates))[0]
            design = reconfigure(source, seed=seed, settings=Settings(look_up=False))
            whole = side_by_side(design)
            errors = deviations_of(whole, tolerance=SIGMA)
            found = centre(whole, errors, devices=50_000, seed=seed)
            shares = each_of(design, errors, found.before)
            worst = min(shares, key=lambda name: shares[name].value)
            print(
                f"n = {iterates}, seed {seed}: margin {design.worst_margin:.4f}, sigma {SIGMA}: "
                f"{found.before.yield_.value:.4f} of the devices are right in all 16, "
                f"{shares[worst].value:.4f} in the worst ({worst}); "
                f"centred {found.after.yield_.value:.4f}",
                flush=True,
            )


if __name__ == "__main__":
    parts = {
        "families": families,
        "steady": steady,
        "two": two,
        "gallery": gallery,
        "alu": alu,
        "yields": yields,
    }
    for name in sys.argv[1:] or parts:
        parts[name]()
