"""Pages of the site that are made from the repository: the start, the command line, the netlist, the API.

MkDocs calls `on_config`, `on_files` and `on_page_markdown`. Their text stands in one place only: the
README, the help of the commands, the docstrings.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import types
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

if TYPE_CHECKING:
    from mkdocs.structure.files import Files

ROOT = Path(__file__).parent.parent

PACKAGES = (
    "chaoscad",
    "chaoscad.netlist",
    "chaoscad.logic",
    "chaoscad.formats",
    "chaoscad.instrument",
    "chaoscad.systems",
    "chaoscad.cells",
    "chaoscad.feasibility",
    "chaoscad.fitting",
    "chaoscad.solve",
    "chaoscad.mapping",
    "chaoscad.design",
    "chaoscad.verification",
    "chaoscad.analysis",
    "chaoscad.robustness",
    "chaoscad.export",
    "chaoscad.plot",
    "chaoscad.sweeps",
    "chaoscad.reports",
    "chaoscad.tune",
    "neural.activations",
    "neural.analysis",
    "neural.compare",
    "neural.growing",
    "neural.hamiltonian",
    "neural.metalearn",
    "neural.tasks",
)
"""The packages whose public names, those of `__all__`, are the API."""

REPOSITORY = r"\[([^\]]*)\]\((?:\.\./)?(?:examples|netlists|benchmarks|tests|CITATION)[\w./]*\)"
"""Links to files of the repository that are no pages of the site."""


def on_config(config: Any) -> Any:
    """Add the pages of the API to the reference."""
    (reference,) = (item["Reference"] for item in config.nav if "Reference" in item)
    pages = [{package: f"reference/{package}.md"} for package in PACKAGES]
    reference.append({"API": ["reference/api.md", *pages]})
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are made."""
    from mkdocs.structure.files import File

    pages = {
        "index.md": _from_root("README.md"),
        "contributing.md": _from_root("CONTRIBUTING.md"),
        "reference/options.md": _options(),
        "reference/netlist_keys.md": netlist_keys(),
        "reference/api.md": _api(),
        **{f"reference/{package}.md": _package(package) for package in PACKAGES},
    }
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Name the files of the repository that are no pages, instead of linking them."""
    return re.sub(REPOSITORY, r"`\1`", markdown)


def _from_root(name: str) -> str:
    """A file of the repository's root, its links as they are seen from the site."""
    text = (ROOT / name).read_text()
    return text.replace("](docs/", "](").replace("](CONTRIBUTING.md)", "](contributing.md)")


def _options() -> str:
    """The help of every command, as the command line prints it."""
    import click

    from chaoscad.cli.main import COMMANDS, main

    parts = ["# Every option", "As `chaoscad COMMAND --help` prints it.", ""]
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        context = click.Context(
            command, info_name=f"chaoscad {name}", terminal_width=100, max_content_width=100
        )
        parts += [f"## {name}", "", "```text", command.get_help(context), "```", ""]
    return "\n".join(parts)


VALUES = {
    "net": "name",
    "part": "name without dots",
    "text": "text",
    "finite": "number",
    "positive": "number above 0",
    "_level": "size",
    "_tolerance": "size",
    "interval": "`[low, high]`",
    "mapping": "mapping of name to value",
    "_system": "system",
    "_function": "function",
    "_version": "1",
    "_file_name": "word",
}
"""What the readers of single values take, by the readers' names."""


def schemas() -> list[type]:
    """Every schema of the netlist language, in the order in which a file comes upon them."""
    from chaoscad.netlist.schema import NetlistSchema

    found: list[type] = []
    waiting: list[Any] = [NetlistSchema]
    while waiting:
        item = waiting.pop(0)
        if hasattr(item, "model_fields"):
            if item not in found:
                found.append(item)
                waiting += [field.annotation for field in item.model_fields.values()]
        else:
            waiting += [part for part in get_args(item) if isinstance(part, type) or get_args(part)]
    return found


def meanings(schema: type) -> dict[str, str]:
    """The text below every key of a schema, those of its bases included, by the keys of a file."""
    bases = [base for base in schema.__mro__[::-1] if base.__module__.startswith("chaoscad.")]
    found: dict[str, str] = {}
    for base in bases:
        (tree,) = ast.parse(inspect.getsource(base)).body
        assert isinstance(tree, ast.ClassDef)
        for above, below in zip(tree.body, tree.body[1:], strict=False):
            match above, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(
                    value=ast.Constant(value=str(text))
                ):
                    found[name] = text
    fields = schema.model_fields  # type: ignore[attr-defined]
    return {field.alias or name: found.get(name, "") for name, field in fields.items()}


def netlist_keys() -> str:
    """Every key of a netlist: what it takes, whether it must be there, what it means."""
    parts = [
        "# Every key of a netlist",
        "",
        "Made from the schema by which netlists are read. [The netlist language](../netlist.md) explains it, "
        "and has the keys of a `system`.",
        "",
    ]
    for schema in schemas():
        parts += [f"## {_title(schema)}", "", inspect.getdoc(schema) or "", ""]
        parts += ["| key | takes | needed | meaning |", "|---|---|---|---|"]
        told = meanings(schema)
        for name, field in schema.model_fields.items():  # type: ignore[attr-defined]
            key = field.alias or name
            takes = _takes(Annotated[field.annotation, *field.metadata, None]).replace("|", "\\|")
            needed = "yes" if field.is_required() else ""
            parts.append(f"| `{key}` | {takes} | {needed} | {told[key]} |")
        parts.append("")
    return "\n".join(parts)


def _title(schema: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", schema.__name__.removesuffix("Schema")).lower()


def _takes(kind: Any) -> str:
    """What an annotation stands for in a file; other schemas as links."""
    if hasattr(kind, "model_fields"):
        return f"[{_title(kind)}](#{_title(kind)})"
    parts = get_args(kind)
    if get_origin(kind) is Annotated:
        readers = [item.func for item in parts[1:] if type(item).__name__ == "PlainValidator"]
        return _value(readers[-1]) if readers else _takes(parts[0])
    if get_origin(kind) in (Union, types.UnionType):
        return " or ".join(_takes(part) for part in parts if part is not type(None))
    if get_origin(kind) is list:
        return f"list of {_takes(parts[0])}"
    if get_origin(kind) is dict:
        return f"mapping of {_takes(parts[0])} to {_takes(parts[1])}"
    assert get_origin(kind) is Literal, kind
    return " or ".join(map(str, parts))


def _value(reader: Any) -> str:
    """What a reader takes; `integer`, `choice` and `choices` keep theirs in a closure."""
    held = inspect.getclosurevars(reader).nonlocals
    if "read" in held:
        return f"{_value(held['read'])}, or a list to choose from"
    if "least" in held:
        return f"{held['least']} to {held['most']}"
    if "allowed" in held:
        return " or ".join(f"`{word}`" for word in held["allowed"])
    return VALUES[reader.__name__]


def _api() -> str:
    """Every package with the sentence that says what it is."""
    parts = ["# The packages", "", "| package | what it is |", "|---|---|"]
    parts += [f"| [`{package}`]({package}.md) | {_sentence(package)} |" for package in PACKAGES]
    return "\n".join(parts) + "\n"


def _package(package: str) -> str:
    """Every public name of a package, from its docstring."""
    parts = [f"# {package}", "", _sentence(package), ""]
    for public in sorted(importlib.import_module(package).__all__, key=str.lower):
        parts += [f"::: {package}.{public}", ""]
    return "\n".join(parts)


def _sentence(package: str) -> str:
    """The first paragraph of a package's docstring, in one line."""
    first = (importlib.import_module(package).__doc__ or "").strip().split("\n\n")[0]
    return " ".join(first.split())
