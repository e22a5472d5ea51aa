"""BLIF models copied into one circuit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chaoscad.errors import nearest, shown
from chaoscad.formats.blif_models import Cover, Instance, Model, Word
from chaoscad.formats.cover import cover_table, wide_cover
from chaoscad.formats.draft import MOST_NODES, Draft, Place
from chaoscad.formats.liberty import NO_LIBRARY, Cell, Cells
from chaoscad.logic import TruthTable
from chaoscad.logic.graph import arrows
from chaoscad.logic.truth import WIDEST_GATE

DEEPEST_HIERARCHY = 100
"""Most models inside each other."""

MOST_INSTANCES = 100_000
"""Most copies of models in one circuit."""


class Flattener:
    """Copies models into the draft, the nets of instances under the instance's name."""

    def __init__(self, draft: Draft, models: Mapping[str, Model], cells: Cells) -> None:
        self.draft, self.models, self.cells = draft, models, cells
        self.refused: set[str] = set()
        self.copies = 0

    def copy(
        self, model: Model, nets: Mapping[str, str], prefix: str, path: tuple[str, ...]
    ) -> None:
        """Copy a model whose ports are called as `nets` says."""
        draft = self.draft

        def net(name: str) -> str:
            return nets.get(name, prefix + name)

        def named(word: Word) -> str:
            return net(word.text)

        for name in model.broken:
            draft.damaged(net(name))
        count: dict[str, int] = {}
        for item in model.body:
            self.check_size()
            if isinstance(item, Instance):
                kind = item.model.text
                count[kind] = count.get(kind, 0) + 1
                self.instance(item, named, f"{prefix}{kind}{count[kind]}.", path)
            else:
                self.function(item, [named(word) for word in item.nets])

    def check_size(self) -> None:
        """Give up on a circuit that grows too large."""
        if len(self.draft.nodes) > MOST_NODES or self.copies > MOST_INSTANCES:
            message = (
                f"the circuit has more than {MOST_NODES} nodes or {MOST_INSTANCES} instances once "
                "it is flattened"
            )
            self.draft.fail(message, Place(), "import a smaller part of it")

    def function(self, item: Cover, nets: list[str]) -> None:
        *inputs, net = nets
        at = item.nets[-1].at
        if not item.sound:
            self.draft.damaged(net)
        elif not item.cubes:
            # A cover without lines is the constant 0.
            self.draft.node(net, (), TruthTable("0"), at)
        elif len(inputs) <= WIDEST_GATE:
            value = item.value or "1"
            table = cover_table(tuple(item.cubes), len(inputs), value)
            self.draft.node(net, inputs, table, at)
        else:
            wide_cover(self.draft, net, inputs, item.cubes, item.value or "1", at)

    def instance(
        self,
        item: Instance,
        named: Callable[[Word], str],
        prefix: str,
        path: tuple[str, ...],
    ) -> None:
        draft, at = self.draft, item.model.at
        kind = item.model.text
        # `.gate` names a cell of a library; `.subckt` a model, or a cell where there is none with logic.
        model = None if item.library else self.models.get(kind)
        if model is not None and model.blackbox and kind in self.cells:
            model = None
        actual = {formal: named(word) for formal, word in item.connect.items()}
        if model is None and kind in self.cells:
            if self.cell(self.cells[kind], item, actual):
                return
        elif model is None and item.library:
            hint = nearest(kind, self.cells) or NO_LIBRARY
            self.once(f"there is no cell {shown(kind)}", at, hint)
        elif model is None:
            hint = nearest(kind, (*self.models, *self.cells)) or "add its .model to the file"
            self.once(f"there is no model {shown(kind)}", at, hint)
        elif model.blackbox:
            message = f"the model {shown(kind)} is a black box"
            self.once(message, model.name.at, "give it its logic, or remove it")
        elif kind in path:
            start = path.index(kind)
            text = arrows([*path[start:], kind])
            self.once(f"the model {shown(kind)} contains itself: {text}", at)
        elif len(path) >= DEEPEST_HIERARCHY:
            self.once(f"models are nested deeper than {DEEPEST_HIERARCHY} levels", at)
        else:
            ports = {word.text: word for word in (*model.inputs, *model.outputs)}
            for formal, word in item.connect.items():
                if formal not in ports:
                    hint = nearest(formal, ports) or "its ports are " + ", ".join([*ports][:20])
                    self.once(f"the model {shown(kind)} has no port {shown(formal)}", word.at, hint)
                    draft.damaged(actual[formal])
            for word in model.inputs:
                if word.text not in actual:
                    self.once(f"the input {shown(word.text)} of {shown(kind)} is open", at)
                    draft.damaged(prefix + word.text)
            self.copies += 1
            self.copy(model, actual, prefix, (*path, kind))
            return
        # What it drives is unknown: all of it may be driven.
        for net in actual.values():
            draft.damaged(net)

    def cell(self, cell: Cell, item: Instance, actual: Mapping[str, str]) -> bool:
        """Add the gates of a library's cell; returns whether it was accepted."""
        if not cell.check(item.connect, item.model.at, self.draft):
            return False
        for pin, function in cell.functions.items():
            if pin in actual and function is not None:
                inputs = [actual[read] for read in function.pins]
                self.draft.node(actual[pin], inputs, function.table, item.connect[pin].at)
        return True

    def once(self, message: str, at: Place, hint: str | None = None) -> None:
        """Complain once about something that every copy of a model has."""
        if (key := f"{at} {message}") not in self.refused:
            self.refused.add(key)
            self.draft.complain(message, at, hint)
