"""Every example runs in an empty folder and prints what it says."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CACHE, ROOT, STRICT

EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*.py"))

SAYS = {
    "01_one_gate": ("margin 0.166667; the best there is is a/24 = 0.166667", ["01_one_gate.png"]),
    "02_full_adder": ("255 + 255 = 510", ["full_adder.design.json"]),
    "04_flows": ("converged: verified", []),
    "05_abilities": ("cells feasible, 4 proven infeasible, 0 undecided", ["abilities.png"]),
    "06_dynamics": (
        "the logistic map doubles its period at 3.00000, 3.44949, 3.54409",
        ["bifurcation.png"],
    ),
    "07_real_circuits": (
        "A solution was found; no other tables have a better least margin.\n"
        "two adders of 32 bits are equal",
        ["multiplier.svg"],
    ),
    "08_learned_activations": (
        "arm | n | non-finite | median accuracy",
        ["digits.md", "digits.png", "digits_activations.png"],
    ),
    "09_diversity": (
        "distance between a1 and a2: ",
        ["a1.csv", "a2.csv", "diversity.csv", "diversity.png", "hessian.png"],
    ),
    "10_van_der_pol": ("| a1 and a2 | ", ["van_der_pol.md", "van_der_pol.png"]),
    "11_henon_heiles": (
        "| none: zero rates | 0.056 | 0 |",
        ["henon_heiles.md", "henon_heiles.png"],
    ),
    "12_pendulum": ("| a1 and a2 | 12 | 0 | ", ["pendulum.md", "pendulum.png", "record.csv"]),
    "13_auxiliary_weight": (
        "24 trials of 6000 epochs, 95 % intervals; failed: a test loss above 0.1",
        ["auxiliary_layers.png", "auxiliary_weight.md", "auxiliary_weight.png"],
    ),
    "14_growing_bessel": (
        "to_dense: 10 slots -> 5 units\n16 parameters; outputs differ by less than 1e-5: True",
        ["growing_bessel.md", "growing_bessel.png", "growing_rivals.png", "growth.png"],
    ),
    "15_growing_spirals": (
        "confusions, classes in rows, of 100 test points:",
        ["growing_spirals.md", "growing_spirals.png"],
    ),
    "16_coupled_copies": (
        "coupling bears more noise than averaging what is read: yes",
        ["coupled_copies.png"],
    ),
    "17_stochastic_resonance": ("noise strength  P(OR)", ["stochastic_resonance.png"]),
    "18_own_equations": (
        "time 2: best margin of XOR that was found: none\ntime 3: best margin of XOR that was found: 0.254",
        ["own_equations.png"],
    ),
    "22_rho_sweep": ("24 of 24 gates have a margin on which integrators agree", ["rho.png"]),
    "24_growing_depth": (
        "in 4 of 4 layers; its dense network computes the same: True",
        ["growing_depth.png"],
    ),
    "23_error_growth": ("errors grow with the iterates at every a: yes", ["error_growth.png"]),
    "19_measured_device": (
        "92 of 100 devices work as designed, 99 set anew",
        ["diode.csv", "measured_device.png", "scope.csv"],
    ),
    "21_report": ("a report of 2 designs", ["gates.html"]),
    "20_reconfiguration": (
        "sum after 1: margin 0.3705\ncarry after 2: margin 0.3705",
        ["half_adder.json", "morph.png"],
    ),
    "03_custom_map": ("a misspelt parameter is refused: 3:21: error: unknown name 'v'", []),
}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_it_runs(path: Path, tmp_path: Path):
    result = subprocess.run(
        [sys.executable, *STRICT, str(path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**CACHE, "MPLBACKEND": "agg", "PATH": "", "HOME": str(tmp_path)},
    )
    assert result.returncode == 0, result.stderr
    text, files = SAYS[path.stem]
    assert text in result.stdout
    assert sorted(item.name for item in tmp_path.iterdir() if item.is_file()) == files
