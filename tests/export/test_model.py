"""The hardware of an export: from the netlist, from options, and refused when it makes no sense."""

import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.export import Hardware
from chaoscad.hardware import hardware_of
from tests.conftest import gate_text
from tests.export.designs import with_numbers

HARDWARE = (
    "hardware: {volts_per_unit: 2.5, offset_volts: 0.5, dac: {bits: 12, range: [0, 3.3]},\n"
    "  fixed_point: {integer_bits: 2, fraction_bits: 13}}\n"
)


def design(extra: str = ""):
    return with_numbers(gate_text("function: XOR", extra=extra), {"y": (0.0, (0.5, 0.5), 0.5)})


def test_without_a_block_a_unit_is_a_volt():
    assert hardware_of(design()) == Hardware()
    assert Hardware().volts(0.25) == 0.25


def test_the_block_of_the_netlist_is_taken():
    found = hardware_of(design(HARDWARE))
    assert found == Hardware(2.5, 0.5, 12, (0.0, 3.3), 2, 13)
    assert found.volts(0.4) == 1.5
    assert found.state(1.5) == pytest.approx(0.4)


def test_options_take_the_place_of_the_block():
    found = hardware_of(design(HARDWARE), volts_per_unit=1.0, dac_bits=8, offset_volts=None)
    assert found == Hardware(1.0, 0.5, 8, (0.0, 3.3), 2, 13)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"volts_per_unit": 0.0},
            "error: volts_per_unit is 0, and all states would have one voltage; "
            "give the volts that stand for a state of 1",
        ),
        ({"offset_volts": float("inf")}, "error: offset_volts is inf; it is a finite number"),
        ({"reference_ohms": -1.0}, "error: reference_ohms is -1; it is positive"),
        ({"seconds_per_unit": 0.0}, "error: seconds_per_unit is 0; it is positive"),
        ({"dac_bits": 8}, "error: the DAC has bits and no range; give its range too, or neither"),
        (
            {"dac_range": (0.0, 1.0)},
            "error: the DAC has range and no bits; give its bits too, or neither",
        ),
        (
            {"dac_bits": 8, "dac_range": (1.0, 1.0)},
            "error: the range of the DAC is [1, 1]; its first end is below its second; "
            "both are finite, in volts",
        ),
        (
            {"dac_bits": 40, "dac_range": (0.0, 1.0)},
            "error: the DAC has 40 bits; 1 to 32 are allowed",
        ),
    ],
)
def test_hardware_that_makes_no_sense_is_refused(given, message):
    with pytest.raises(ChaoscadError) as caught:
        hardware_of(design(), **given)
    assert str(caught.value) == message
