"""Damaged files and command lines are read or refused; `benchmarks/fuzz.py` runs many more."""

import pytest

from tests.fuzz.readers import attack, targets

INPUTS = 120


@pytest.mark.parametrize(
    "name",
    [
        *("bench", "blif", "aiger text", "aiger bytes", "netlist", "design", "design text"),
        *("cells", "curve", "map", "function", "command"),
    ],
)
def test_damaged_input_is_read_or_refused_with_words(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHAOSCAD_DEBUG", "1")
    (target,) = [target for target in targets(tmp_path) if target.name == name]
    accepted, faults = attack(target, range(INPUTS))
    assert not faults, "\n".join(str(fault) for fault in faults[:5])
    # Damage so heavy that everything is refused, or so light that nothing is, would test little.
    assert 0 < accepted < INPUTS or name == "command"
    assert name == "command" or list(tmp_path.iterdir()) == []
