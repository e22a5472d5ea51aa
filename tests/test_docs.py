"""The documentation says what is there: links lead somewhere, snippets run, public names are explained."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_readme_is_for_a_stranger():
    assert len((ROOT / "README.md").read_bytes()) < 8000


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_python_snippets_run(page, tmp_path):
    snippets = re.findall(r"^```python\n(.*?)^```$", (ROOT / page).read_text(), re.M | re.S)
    assert snippets
    for index, snippet in enumerate(snippets):
        folder = tmp_path / str(index)
        folder.mkdir()
        for name in ("netlists", "tests"):
            (folder / name).symlink_to(ROOT / name)
        command = [sys.executable, "-W", "error", "-c", snippet]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr


def packages() -> list[str]:
    """The packages whose public names are the API, as the site has them."""
    tree = ast.parse((ROOT / "docs" / "site_pages.py").read_text())
    (found,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PACKAGES"
    ]
    return [name for part in ast.literal_eval(found).values() for name in part]


@pytest.mark.parametrize("package", packages())
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
