"""The controls of all configurations in volts and codes, and every row computed from these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from chaoscad.design.model import DesignGate
from chaoscad.design.reconfigurable import Reconfigurable
from chaoscad.errors import Diagnostic, counted, shown
from chaoscad.export.digits import decimals_of, decimals_of_volts, neat
from chaoscad.gate import Setpoint
from chaoscad.hardware import Hardware
from chaoscad.switching import Control, controls

COLUMNS = {
    "gate, control": "a number that may differ between configurations; weights count as the inputs do",
    "configuration": "the name of its folder",
    "value": "in the system's unit",
    "volts": "the voltage that sets it, of a weight the step of the state; empty for what is no voltage",
    "code": "of the DAC: round((V - Vmin) / LSB) for x0 and thresholds, round(V / LSB) for weights; "
    "empty without a DAC",
}
"""The columns of `configurations.csv`, and what they mean."""

NAMES = tuple(name for key in COLUMNS for name in key.split(", "))


@dataclass(frozen=True)
class ControlTable:
    """The controls of a design as they are printed.

    **Arguments:**

    - `names`: of the gates, and `folders`: of the configurations, in the files.
    """

    design: Reconfigurable
    hardware: Hardware
    names: Mapping[str, str]
    folders: Mapping[str, str]

    def lines(self) -> list[dict[str, object]]:
        """The lines of `configurations.csv`.

        A gate's numbers have as many decimals in all configurations, so that equal ones look equal.
        What an element has once stands at the first gate that reads it.
        """
        found: list[dict[str, object]] = []
        every = [decimals_of(one) for one in self.design.configurations.values()]
        for control in self._controls():
            places = max(one[control.gate] for one in every)
            of_volts = decimals_of_volts(places, self.hardware)
            for configuration, value in control.values.items():
                volts = control.volts(value, self.hardware)
                found.append(
                    {
                        "gate": self.names[control.gate],
                        "control": control.name,
                        "configuration": self.folders[configuration],
                        "value": _rounded(value, places) if isinstance(value, float) else value,
                        "volts": None if volts is None else _rounded(volts, of_volts),
                        "code": control.code(value, self.hardware),
                    }
                )
        return found

    def wrong_by_codes(self, lines: Sequence[Mapping[str, object]]) -> list[Diagnostic]:
        """Every row that matters and that the codes of the controls get wrong, all else exact."""
        bits = self.hardware.dac_bits
        if bits is None:
            return []
        how = f"with controls by a DAC of {counted(bits, 'bit')} the bit is wrong"
        hint = "give more --dac-bits, a narrower --dac-range, or a design with larger margins"
        return [
            Diagnostic(f"{where}: {how}", hint=hint) for where in self._wrong(lines, by_codes=True)
        ]

    def complaints(self, lines: Sequence[Mapping[str, object]]) -> list[str]:
        """What does not agree in lines that were read back."""
        keys = [tuple(str(line[name]) for name in NAMES[:3]) for line in lines]
        wanted = [tuple(str(line[name]) for name in NAMES[:3]) for line in self.lines()]
        if keys != wanted:
            return ["configurations.csv does not have every control in every configuration once"]
        found = [
            f"{where}: with the volts of its controls the bit is wrong"
            for where in self._wrong(lines, by_codes=False)
        ]
        if self.hardware.dac_bits is not None:
            found += self._codes_off(lines)
        return found

    def _codes_off(self, lines: Sequence[Mapping[str, object]]) -> Iterator[str]:
        """Codes that are more than half a step from their voltage."""
        lsb = self.hardware.dac_step
        for (control, configuration), line in zip(self._cells(), lines, strict=True):
            if not _given(line["volts"]):
                continue
            volts = control.zero(self.hardware) + int(str(line["code"])) * lsb
            # Between two codes either is right, and the voltage is a rounded one.
            if abs(volts - float(str(line["volts"]))) > lsb * (0.5 + 1e-6):
                yield (
                    f"in configuration {shown(configuration)}: gate {shown(control.gate)}: the code of "
                    f"{control.name} is not {line['code']}"
                )

    def _cells(self) -> list[tuple[Control, str]]:
        """The control and the configuration of every line."""
        return [
            (control, configuration)
            for control in self._controls()
            for configuration in control.values
        ]

    def _controls(self) -> list[Control]:
        """The controls that are set: those of an element once."""
        return [one for one in controls(self.design) if self._set_at(one) == one.gate]

    def _set_at(self, control: Control) -> str:
        """The gate at whose line a control stands."""
        netlist = self.design.netlist
        element = netlist.gate(control.gate).element
        if not element or control.parameter in ("threshold", "iterates", "time"):
            return control.gate
        return netlist.elements[element][0].name

    def _wrong(self, lines: Sequence[Mapping[str, object]], *, by_codes: bool) -> Iterator[str]:
        """Where bits come out wrong when the controls are as the lines have them."""
        at: dict[tuple[str, str], dict[str, float]] = {}
        for (control, configuration), line in zip(self._cells(), lines, strict=True):
            value = float(str(line["value"]))
            if _given(line["volts"]):
                volts = float(str(line["volts"]))
                if by_codes:
                    volts = (
                        control.zero(self.hardware)
                        + int(str(line["code"])) * self.hardware.dac_step
                    )
                zero = 0.0 if control.parameter == "delta" else self.hardware.offset_volts
                value = (volts - zero) / self.hardware.volts_per_unit
            at.setdefault((configuration, control.gate), {})[control.name] = value
        for control in controls(self.design):
            for configuration in control.values:
                value = at[configuration, self._set_at(control)][control.name]
                at.setdefault((configuration, control.gate), {})[control.name] = value
        for configuration, one in self.design.configurations.items():
            for gate in one.gates:
                setpoint = with_controls(gate, at.get((configuration, gate.name), {}))
                with np.errstate(all="ignore"):
                    bits = setpoint.bits()
                for row, want in enumerate(gate.function.rows):
                    if want != "-" and bool(bits[row]) != (want == "1"):
                        yield (
                            f"in configuration {shown(configuration)}: gate {shown(gate.name)}, row "
                            f"{row:0{gate.arity}b}"
                        )


def with_controls(gate: DesignGate, given: Mapping[str, float]) -> Setpoint:
    """A gate's setpoint with some controls at other values, by the names of `Control`."""
    own = dict(given)
    shared = own.pop("delta", None)
    delta = [
        own.pop(f"delta{place}", weight if shared is None else shared)
        for place, weight in enumerate(gate.delta, 1)
    ]
    setting = replace(gate.setting, time=own.pop("time", gate.setting.time))
    return replace(
        gate.setpoint,
        x0=own.pop("x0", gate.x0),
        threshold=own.pop("threshold", gate.threshold),
        iterates=int(own.pop("iterates", gate.iterates)),
        delta=tuple(delta),
        setting=setting.with_values(own) if own else setting,
    )


def _given(cell: object) -> bool:
    return cell not in (None, "")


def _rounded(value: float, places: int) -> float:
    # Zero is added so that none becomes -0.0.
    return neat(round(value, places) + 0.0)
