"""Yosys is run on a copy of the text, and what it says is put into the user's terms."""

import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.toolchain import Text, elaborate, mapped
from tests.conftest import needs

TEXT = "module m(input a, b, output y);\n assign y = a + b;\nendmodule\n"


@needs("yosys")
def test_a_module_is_elaborated_and_then_mapped_to_gates():
    found = elaborate(Text(TEXT))
    assert found.name == "m"
    assert [cell["type"] for cell in found.module["cells"].values()] == ["$add"]
    assert [cell["type"] for cell in mapped(found)["cells"].values()] == ["$_XOR_"]


@needs("yosys")
def test_nothing_is_left_in_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    elaborate(Text(TEXT))
    assert list(tmp_path.iterdir()) == []


@needs("yosys")
def test_an_error_bears_the_file_and_the_line_of_the_user():
    with pytest.raises(ChaoscadError) as caught:
        elaborate(Text("module m(input a);\n\n assign = ;\nendmodule", "dir/my $(file).v"))
    assert str(caught.value).startswith("dir/my $(file).v:3:1: error: yosys: syntax error")
    assert "design.v" not in str(caught.value)


@needs("yosys")
def test_signals_that_two_assignments_drive_are_listed():
    text = "module m(input a, b, output [1:0] y);\nassign y[0] = a;\nassign y[0] = b;\nassign y[1] = a;\nendmodule"
    assert elaborate(Text(text)).assigned_twice == ("\\y [0]",)


def test_without_yosys_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("chaoscad.toolchain.tools.find_spec", lambda name: None)
    with pytest.raises(ChaoscadError) as caught:
        elaborate(Text(TEXT))
    assert str(caught.value) == (
        "error: yosys is not installed; install it (Debian: apt install yosys), or "
        "pip install 'chaoscad[verilog]'"
    )
