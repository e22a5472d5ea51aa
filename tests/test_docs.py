"""The documentation says what is there: links lead somewhere, snippets run, public names are explained."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import subprocess
import sys
from types import ModuleType

import pytest

from tests.conftest import ROOT, STRICT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_readme_is_for_a_stranger():
    assert len((ROOT / "README.md").read_bytes()) < 8000


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", ["README.md", "docs/python.md", "docs/own_systems.md"])
def test_python_snippets_run(page, tmp_path):
    snippets = re.findall(r"^```python\n(.*?)^```$", (ROOT / page).read_text(), re.M | re.S)
    assert snippets
    for index, snippet in enumerate(snippets):
        folder = tmp_path / str(index)
        folder.mkdir()
        for name in ("netlists", "tests"):
            (folder / name).symlink_to(ROOT / name)
        command = [sys.executable, *STRICT, "-c", snippet]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr


def site_pages() -> ModuleType:
    """The module that makes pages of the site; it stands in no package."""
    spec = importlib.util.spec_from_file_location("site_pages", ROOT / "docs" / "site_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SITE = site_pages()


@pytest.mark.parametrize("package", SITE.PACKAGES)
def test_every_public_name_is_explained(package):
    module = importlib.import_module(package)
    assert module.__doc__
    unexplained = [
        name
        for name in module.__all__
        for item in [getattr(module, name)]
        if (inspect.isclass(item) or inspect.isroutine(item)) and not inspect.getdoc(item)
    ]
    assert unexplained == []


def test_every_key_of_a_netlist_has_a_meaning():
    schemas = SITE.schemas()
    assert [schema.__name__ for schema in schemas][:2] == ["NetlistSchema", "OptionsSchema"]
    assert {"GateSchema", "BoundsSchema", "HardwareSchema", "DacSchema"} <= {
        schema.__name__ for schema in schemas
    }
    bare = [
        f"{schema.__name__}.{key}"
        for schema in schemas
        for key, meaning in SITE.meanings(schema).items()
        if not meaning.endswith(".")
    ]
    assert bare == []
    page = SITE.netlist_keys()
    assert (
        "| `iterates` | 1 to 1000, or a list to choose from |  | How often a map is iterated, by default once; "
        in page
    )
    assert "| `global` | mapping of text to size |  | The spread that all gates have " in page
