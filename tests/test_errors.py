import pytest

from chaoscad.errors import ChaoscadError, Diagnostic, Refused, nearest, shown


def test_a_diagnostic_reads_like_a_compiler_message():
    diagnostic = Diagnostic("unknown key 'functon'", "a.yaml", 5, 12, "did you mean 'function'?")
    assert str(diagnostic) == "a.yaml:5:12: error: unknown key 'functon'; did you mean 'function'?"


def test_a_diagnostic_without_a_place_leaves_the_place_out():
    assert str(Diagnostic("no room")) == "error: no room"
    assert str(Diagnostic("no room", "a.yaml")) == "a.yaml: error: no room"


def test_an_error_carries_all_diagnostics():
    error = ChaoscadError([Diagnostic("one", "f", 1, 2), Diagnostic("two", "f", 3, 4)])
    assert str(error) == "f:1:2: error: one\nf:3:4: error: two"
    assert len(error.diagnostics) == 2


def test_the_nearest_name_is_offered_whatever_its_case():
    assert nearest("nandd", ["AND", "NAND"]) == "did you mean 'NAND'?"
    assert nearest("zzz", ["AND", "NAND"]) is None


def test_long_text_is_shortened():
    assert len(shown("x" * 1000)) < 70


def test_errors_have_kinds_that_a_program_can_catch(tmp_path):
    import chaoscad

    for kind in (chaoscad.NetlistError, chaoscad.ToolMissing, chaoscad.Refused, chaoscad.NotSolved):
        assert issubclass(kind, chaoscad.ChaoscadError)
    with pytest.raises(chaoscad.NetlistError) as wrong:
        chaoscad.parse("chaoscad: 1\nname: x\ninputs: [a]\noutputs: [a]\ngates: []")
    assert type(wrong.value) is chaoscad.NetlistError
    wrong_bench = tmp_path / "a.bench"
    wrong_bench.write_text("INPUT(a)\nOUTPUT(y)\ny = NANND(a)\n")
    with pytest.raises(chaoscad.NetlistError):
        chaoscad.read_logic(wrong_bench)


def test_optimize_raises_not_solved_where_it_is_asked_to():
    import chaoscad

    netlist, _ = chaoscad.parse(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\n"
        "gates: {y: {inputs: [a, b], function: XOR, system: harmonic}}"
    )
    assert not chaoscad.optimize(netlist).solved
    with pytest.raises(chaoscad.NotSolved) as unsolved:
        chaoscad.optimize(netlist, require_solved=True)
    assert str(unsolved.value) == (
        "error: gate 'y': its value equals the threshold in rows 00, 01, 10, 11"
    )


def test_an_error_keeps_its_kind_when_it_is_about_a_file():
    error = Refused(Diagnostic("no form", hint="take another"))
    assert str(error.about("a.json")) == "a.json: error: no form; take another"
    assert type(error.about("a.json")) is Refused
