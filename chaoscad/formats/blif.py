"""BLIF, the Berkeley logic interchange format: combinational models, flattened."""

from __future__ import annotations

from chaoscad.errors import nearest, shown
from chaoscad.formats.blif_hierarchy import Flattener
from chaoscad.formats.blif_models import WORD, Cover, ModelReader
from chaoscad.formats.cover import cover
from chaoscad.formats.draft import Draft, Place
from chaoscad.formats.liberty import CONSTANTS, Cells
from chaoscad.formats.names import name_comments, plain_names, restored
from chaoscad.logic import Logic


def loads(
    text: str,
    file: str | None = None,
    name: str = "circuit",
    top: str | None = None,
    cells: Cells | None = None,
) -> Logic:
    """Read a circuit in BLIF.

    Of several models, `top` is the circuit (by default the first); the others are copied in where
    `.subckt` names them, their nets called `MODEL1.NET`. Rows that no line of a cover mentions have
    the opposite value. `.gate` and `.subckt` may name cells of a library. Lines about timing, loads and
    areas are passed over.

    **Arguments:**

    - `name`: of the circuit where its `.model` has none.
    - `cells`: of the library.

    **Raises:** `ChaoscadError` with every error of the file: latches and black boxes, unknown words,
    models and cells, covers of the wrong width or of both values, a net driven twice or never,
    a loop, models that contain themselves.
    """
    draft = Draft(file, "add it to .inputs, or drive it with .names")
    names = restored(text, _words, draft)
    models = ModelReader(draft, names).models(text)
    if not models:
        draft.fail("the file holds no circuit", Place(), "a circuit starts with .model")
    chosen = next(iter(models.values()))
    if top is not None:
        if top not in models:
            near = nearest(top, models) or "the models are " + ", ".join([*models][:20])
            draft.fail(f"there is no model {shown(top)}", Place(), near)
        chosen = models[top]
    draft.reserved = frozenset(
        word.text
        for model in models.values()
        for item in model.body
        for word in (item.nets if isinstance(item, Cover) else item.connect.values())
    )
    for word in chosen.inputs:
        draft.input(word.text, word.at)
    for word in chosen.outputs:
        draft.output(word.text, word.at)
    if chosen.blackbox:
        message = f"the model {shown(chosen.name.text)} is a black box"
        draft.fail(message, chosen.name.at, "give it its logic")
    Flattener(draft, models, {**CONSTANTS, **(cells or {})}).copy(
        chosen, {}, "", (chosen.name.text,)
    )
    return draft.logic(chosen.name.text or name)


def _words(line: str) -> list[str]:
    """The words of a line that may be names, those on both sides of PORT=NET each by itself."""
    words = WORD.findall(line.split("#", 1)[0])
    names = words[1:] if words and words[0].startswith(".") else words
    return [part for word in names for part in (word, *word.split("="))]


def dumps(logic: Logic) -> str:
    """The circuit in BLIF, one `.names` per node.

    Names that BLIF cannot hold are written as plain ones, with comments that restore them.
    """
    nets = dict.fromkeys([logic.name, *logic.inputs, *(node.name for node in logic.nodes)])
    plain = plain_names(nets)
    lines = [*name_comments(plain), f".model {plain[logic.name]}"]
    lines += _wrapped(".inputs", [plain[net] for net in logic.inputs])
    lines += _wrapped(".outputs", [plain[net] for net in logic.outputs])
    for node in logic.nodes:
        lines += _wrapped(".names", [plain[net] for net in (*node.inputs, node.name)])
        cubes, value = cover(node.function)
        lines += [f"{cube} {value}".lstrip() for cube in cubes]
        if not cubes and (value == "0" or node.inputs):
            # A constant is written over all rows: ABC refuses inputs without any.
            constant = "1" if value == "0" else "0"
            lines.append(f"{'-' * len(node.inputs)} {constant}".lstrip())
    return "\n".join([*lines, ".end"]) + "\n"


def _wrapped(first: str, words: list[str], width: int = 100) -> list[str]:
    """A statement over several lines where it is long."""
    lines: list[str] = []
    line = first
    for word in words:
        if len(line) + len(word) > width and line.strip():
            lines.append(line + " \\")
            line = ""
        line += f" {word}"
    return [*lines, line]
