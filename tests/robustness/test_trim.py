"""Devices are set anew by what was measured of them; what cannot be saved is named with its reason."""

import json
from dataclasses import replace

import numpy as np
import pytest

import chaoscad
from chaoscad.cli.main import status
from chaoscad.errors import ChaoscadError
from chaoscad.hardware import Hardware
from chaoscad.netlist.model import Tie
from chaoscad.robustness import Device
from chaoscad.robustness.trim_gate import CONTROLS, GateOfDevice, trim_gate
from chaoscad.systems import Curve, curve_setting
from tests.conftest import ROOT

DESIGNS = ROOT / "tests" / "data" / "designs"
ADDER = chaoscad.load_design(DESIGNS / "core_adder.json")
CORE = ADDER.gates[0].setting
GRID = np.linspace(0, 1.2, 121)


def device_curve(stretch=0.0, gain=0.0, offset=0.0, shift=0.0):
    """The three-transistor curve of a device whose inputs and outputs deviate."""
    y = (1 + gain) * CORE.value(np.clip(GRID * (1 + stretch) + shift, 0, 1.2)) + offset
    return curve_setting(
        Curve("d.csv", "v_in", "v_out", (tuple(GRID), tuple(y.tolist())), ("V", "V"))
    )


def trimmed(gate, setting, hardware=None, controls=CONTROLS):
    return trim_gate(GateOfDevice(ADDER.gate(gate), setting), hardware or Hardware(), controls)


def test_a_shift_of_the_outputs_moves_the_threshold_and_one_of_the_inputs_x0():
    best = trimmed("g", CORE)
    assert best.after == pytest.approx(ADDER.gate("g").margin, rel=1e-3)
    higher = trimmed("g", device_curve(offset=0.2))
    assert higher.threshold == pytest.approx(best.threshold + 0.2, abs=1e-3)
    assert higher.after == pytest.approx(best.after, rel=1e-3)
    assert higher.before == pytest.approx(best.after - 0.2, rel=1e-2)
    moved = trimmed("g", device_curve(shift=0.05))
    assert moved.x0 == pytest.approx(best.x0 - 0.05, abs=2e-3)
    assert moved.after == pytest.approx(best.after, rel=2e-3)
    # What cannot be set stays.
    stays = trimmed("g", device_curve(shift=0.05), controls=("threshold",))
    assert stays.x0 == ADDER.gate("g").x0
    assert stays.after < moved.after


@pytest.mark.parametrize("gate", ["p", "g", "cout"])
def test_codes_are_the_best_of_all_codes(gate):
    hardware = Hardware(dac_bits=6, dac_range=(0.0, 1.2))
    setting = device_curve(stretch=0.04, gain=-0.05, offset=0.03)
    found = trimmed(gate, setting, hardware)
    part = GateOfDevice(ADDER.gate(gate), setting)
    volts = np.arange(64) * 1.2 / 63
    x0 = volts[(volts >= part.range[0]) & (volts <= part.range[1])]
    low, high = part.gap(part.values(part.states(x0)))
    best = max(
        min(upper - side, side - lower)
        for lower, upper in zip(low, high, strict=True)
        for side in part.side * volts
    )
    assert found.after == pytest.approx(best, abs=1e-12)
    assert found.x0 == pytest.approx(volts[found.x0_code], abs=1e-12)
    assert found.threshold == pytest.approx(volts[found.threshold_code], abs=1e-12)
    setpoint = replace(
        ADDER.gate(gate).setpoint, setting=setting, x0=found.x0, threshold=found.threshold
    )
    assert setpoint.margin(ADDER.gate(gate).function) == pytest.approx(found.after, abs=1e-12)


def test_a_hundred_devices_of_five_per_cent_are_saved():
    random = np.random.default_rng(1)
    devices = [
        Device(
            f"d{index}",
            {
                gate.name: device_curve(*(np.array([1, 1, 1.2]) * 0.05 * random.standard_normal(3)))
                for gate in ADDER.gates
            },
        )
        for index in range(100)
    ]
    found = chaoscad.trim(ADDER, devices)
    assert found.before.value < 0.7
    assert found.after.value >= 0.99
    # The margin of a threshold is how far it may drift.
    drift = {item.parameter: item for item in found.drift}
    least = min(device.after for device in found.devices if device.after > 0)
    assert min(drift["threshold"].down, drift["threshold"].up) == pytest.approx(least, rel=1e-9)
    name, gate = drift["x0"].up_at
    device = next(one for one in found.devices if one.name == name)
    settings = next(one.settings for one in devices if one.name == name)
    setpoint = ADDER.gate(gate).setpoint
    now = next(one for one in device.gates if one.gate == gate)
    part = GateOfDevice(ADDER.gate(gate), settings[gate])
    for share, works in ((0.99, True), (1.01, False)):
        moved = replace(
            setpoint,
            setting=part.setting,
            x0=now.x0 + share * drift["x0"].up,
            threshold=now.threshold,
        )
        assert (moved.margin(ADDER.gate(gate).function) > 0) == works


def test_parameters_of_devices_stand_in_a_table(tmp_path):
    design = chaoscad.load_design(DESIGNS / "full_adder.json")
    path = tmp_path / "fitted.csv"
    path.write_text("device,a,p.a\nfirst,3.6,3.8\nsecond,4.0,4.0\n")
    found = chaoscad.trim(design, [path])
    assert [device.name for device in found.devices] == ["first", "second"]
    # XOR with weights of 1/2 and -1/2 has the threshold and the margin a/8.
    gates = {gate.gate: gate for gate in found.devices[0].gates}
    assert design.gate("p").delta == pytest.approx((0.5, -0.5))
    assert gates["p"].after == pytest.approx(3.8 / 8, rel=1e-6)
    assert gates["p"].threshold == pytest.approx(3.8 / 8, rel=1e-6)
    assert gates["sum"].after == pytest.approx(3.6 / 8, rel=1e-6)


@pytest.mark.parametrize(
    ("setting", "hardware", "controls", "reason"),
    [
        (
            device_curve(gain=-1.0, offset=0.5),
            Hardware(),
            CONTROLS,
            "at the best x0, 0.85, row 01, which wants a 1, gives 0.5, and row 00, which wants a 0, 0.5",
        ),
        (
            device_curve(offset=0.3),
            Hardware(),
            ("x0",),
            "at the best x0, 0.63, row 10, which wants a 1, gives 0.8261, and row 00, which wants a 0, 0.6509, and "
            "its threshold stays 0.5581",
        ),
        (
            device_curve(),
            Hardware(dac_bits=2, dac_range=(0.0, 1.2)),
            CONTROLS,
            "the steps of the converter, 0.4 V, are too coarse: without them the margin would be 0.112",
        ),
    ],
)
def test_a_device_that_cannot_be_saved_has_its_reason(setting, hardware, controls, reason):
    found = trimmed("p", setting, hardware, controls)
    assert found.after <= 0
    assert found.reason == reason


def test_a_curve_that_was_measured_over_too_little_is_no_device():
    x = GRID[:60]
    short = Curve("d.csv", "v_in", "v_out", (tuple(x), tuple(CORE.value(x).tolist())), ("V", "V"))
    found = trimmed("p", curve_setting(short))
    assert found.reason == (
        "no x0 that can be set keeps its states, which span 0.7, in [0, 0.59], where the device was measured"
    )


def curve_file(path, **options):
    curve = device_curve(**options).system.curve
    rows = "".join(f"{1e3 * x:.1f};{y:.6f}\n" for x, y in zip(*curve.points, strict=True))
    path.write_text("v_in (mV);v_out (V)\n" + rows)


def test_the_command_writes_settings_and_exits_with_the_answer(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    curve_file(tmp_path / "d1.csv", offset=0.15)
    (tmp_path / "d2").mkdir()
    curve_file(tmp_path / "d2" / "p.csv", gain=-1.0)
    design = str(DESIGNS / "core_adder.json")
    assert status(["trim", design, "d1.csv", "-o", "set.csv"]) == 0
    out, _ = capsys.readouterr()
    assert out.splitlines()[-2].startswith(
        "core_adder: 0 of 1 devices (0 to 100 % at 99 % confidence) work as designed, 1 of 1 devices"
    )
    lines = (tmp_path / "set.csv").read_text().splitlines()
    assert lines[0] == (
        "device,gate,x0,threshold,x0_code,threshold_code,margin_before,margin_after,reason"
    )
    assert [line.split(",")[1] for line in lines[1:]] == ["p", "g", "sum", "t", "cout"]
    assert status(["trim", design, "d1.csv", "d2", "--json"]) == 3
    out, _ = capsys.readouterr()
    data = json.loads(out)
    assert (data["ok"], data["before"]["count"], data["after"]["count"]) == (False, 0, 1)
    assert data["devices"][1]["reasons"][0].startswith("gate p: at the best x0")
    assert status(["trim", design, "d1.csv", "d2", "--least", "0.5"]) == 0


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "full_adder",
            "device,a\nx,4.2\n",
            "d.csv:2:1: error: a of logistic is 4.2, outside its range [0, 4]",
        ),
        (
            "full_adder",
            "v,w\n0,1\n1,2\n2,3\n",
            "d.csv:1:1: error: no column is called as a parameter of a gate; the parameters are a, or GATE.NAME "
            "for one gate",
        ),
        (
            "full_adder",
            "a,b\n3,4\n",
            "d.csv:1:1: error: the column 'b' is of no parameter; leave it out, or name it "
            "GATE.NAME after a parameter of a gate",
        ),
        (
            "core_adder",
            "device,a\nx,4.2\n",
            "d.csv:1:1: error: no column is called as a parameter of a gate; the gates have curves; give a file or "
            "a folder of curves for every device",
        ),
        (
            "core_adder",
            "u,v\n0,1\n1,9.9e37\n2,3\n",
            "d.csv:3:3: error: 9.9e37 in column 'v' is larger than 1e+30",
        ),
    ],
)
def test_bad_files_of_devices_are_told(name, text, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.csv").write_text(text)
    assert status(["trim", str(DESIGNS / f"{name}.json"), "d.csv"]) == 1
    _, err = capsys.readouterr()
    assert err.startswith(message)


def test_folders_ties_and_names_are_checked(tmp_path):
    (tmp_path / "d").mkdir()
    with pytest.raises(ChaoscadError, match="the folder has no files"):
        chaoscad.trim(ADDER, [tmp_path / "d"])
    curve_file(tmp_path / "d" / "q.csv")
    with pytest.raises(
        ChaoscadError, match="there is no gate 'q' with a curve; the gates are p, g, sum"
    ):
        chaoscad.trim(ADDER, [tmp_path / "d"])
    curve_file(tmp_path / "one.csv")
    with pytest.raises(
        ChaoscadError, match="two devices are called 'one'; rename one of the files"
    ):
        chaoscad.trim(ADDER, [tmp_path / "one.csv"] * 2)
    with pytest.raises(ChaoscadError, match="unknown control 'delta'"):
        chaoscad.trim(ADDER, [tmp_path / "one.csv"], controls=["delta"])
    tied = replace(ADDER, netlist=replace(ADDER.netlist, ties=(Tie("x0", ("p", "g")),)))
    with pytest.raises(
        ChaoscadError, match="x0 is tied in the gates p, g, and each would be set by itself"
    ):
        chaoscad.trim(tied, [tmp_path / "one.csv"])
    element = chaoscad.load_design(DESIGNS / "full_adder_element.json")
    with pytest.raises(
        ChaoscadError, match="x0 is tied in the gates cout, sum, and each would be set by itself"
    ):
        chaoscad.trim(element, [tmp_path / "one.csv"])
