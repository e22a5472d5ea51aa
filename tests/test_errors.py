from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown


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
