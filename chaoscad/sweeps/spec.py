"""A sweep as it is written: a netlist, axes, measures and settings."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from chaoscad.arguments import MOST_NUMBERS, choice, whole
from chaoscad.errors import ChaoscadError, Diagnostic, NetlistError, nearest, shown
from chaoscad.files import number_of, read_text
from chaoscad.netlist.kind import kind_of, refuse_others
from chaoscad.netlist.model import Netlist
from chaoscad.netlist.reader import read_tree
from chaoscad.netlist.source import (
    MappingNode,
    Node,
    Scalar,
    SequenceNode,
    compose,
    describe,
    from_data,
    place,
)
from chaoscad.solve.model import MARGIN, METHODS
from chaoscad.sweeps.axes import Axis, AxisReader, label, product
from chaoscad.sweeps.measures import MEASURES
from chaoscad.sweeps.paths import copied, far, near, put

VERSION = "1"
KEYS = ("sweep", "name", "netlist", "axes", "measures", "settings")
HINT = "a sweep is a file of its own, with the keys sweep: 1, netlist: FILE, axes and measures"


@dataclass(frozen=True)
class Choices:
    """What a sweep chooses beside the netlist; each can be an axis too.

    **Arguments:**

    - `seed`: of searches and samples.
    - `objective`: `margin`, or a loss of `chaoscad optimize`.
    - `restarts`, `steps`: of training, where something is trained.
    - `method`: how the functions of free gates are found.
    - `devices`: sampled for a yield.
    - `trials`: evaluations of every row for a bit error rate.
    """

    seed: int = 0
    objective: str = "margin"
    restarts: int | None = None
    steps: int | None = None
    method: str = "auto"
    devices: int = 10_000
    trials: int = 10_000


LEAST = {"seed": 0, "restarts": 1, "steps": 1, "devices": 1, "trials": 1}
NAMES = tuple(item.name for item in fields(Choices))


@dataclass(frozen=True, eq=False)
class Spec:
    """A sweep.

    **Arguments:**

    - `netlist`: the tree of the netlist that the axes change.
    - `netlist_file`: where it is written; files that it names are looked for beside it.
    - `text`: of the netlist, for the provenance.
    - `settings`: what is not left as it is, by name.
    """

    netlist: MappingNode
    netlist_file: str | None
    text: str
    axes: tuple[Axis, ...]
    measures: tuple[str, ...]
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    file: str | None = None
    outside: bool = False

    @property
    def points(self) -> int:
        """How many points there are."""
        return product(self.axes)

    def at(self, values: Sequence[int]) -> tuple[Netlist, Choices]:
        """The netlist and the choices of a point, by the numbers of its values on the axes.

        **Raises:** `NetlistError`, or `ChaoscadError` for a setting.
        """
        root = copied(self.netlist)
        assert isinstance(root, MappingNode)
        settings = dict(self.settings)
        for axis, number in zip(self.axes, values, strict=True):
            for path in axis.paths:
                name = setting_of(path)
                value = axis.values[number]
                if name is not None:
                    settings[name] = value if isinstance(value, Scalar) else place(value)
                else:
                    put(root, path, far(value, self.file), self.file)
        chosen = self._choices(settings)
        try:
            netlist, _ = read_tree(root, self.netlist_file, [], self._name(), outside=self.outside)
        except NetlistError as error:
            raise NetlistError(near(error.diagnostics, self.file)) from None
        return netlist, chosen

    def _name(self) -> str:
        return Path(self.netlist_file).stem if self.netlist_file else "sweep"

    def _choices(self, settings: Mapping[str, Scalar]) -> Choices:
        given: dict[str, Any] = {}
        for name, value in settings.items():
            try:
                given[name] = _setting(name, value)
            except ChaoscadError as error:
                message = error.diagnostics[0].message
                hint = error.diagnostics[0].hint
                raise ChaoscadError(
                    Diagnostic(message, self.file, value.line, value.column, hint)
                ) from None
        return Choices(**given)

    def to_data(self) -> dict[str, Any]:
        """The sweep as JSON-ready data: equal for sweeps that give the same results."""
        return {
            "sweep": 1,
            "netlist": self.text,
            "axes": {axis.name: axis.to_data() for axis in self.axes},
            "measures": list(self.measures),
            "settings": {name: str(value) for name, value in sorted(self.settings.items())},
        }


def setting_of(path: str) -> str | None:
    """The setting that a path names; `None` where it is a key of the netlist."""
    name = path.removeprefix("settings.")
    return name if name in NAMES or name != path else None


def _setting(name: str, value: Scalar) -> Any:
    if name not in NAMES:
        hint = nearest(name, NAMES) or "the settings are " + ", ".join(NAMES)
        raise ChaoscadError(Diagnostic(f"unknown setting {shown(name)}", hint=hint))
    if name == "method":
        return choice("method", str(value), METHODS)
    if name == "objective":
        return _objective(str(value))
    number = number_of(value)
    if number is None:
        raise ChaoscadError(f"{name} is {shown(str(value))}, and must be a whole number")
    return whole(name, int(number) if number.is_integer() else number, LEAST[name])


def _objective(text: str) -> str:
    """The name of an objective, once it is known that there is such a one."""
    if text != MARGIN:
        from chaoscad.tune import LOSSES, parse_loss

        if not {*text} & {*" +*"}:
            choice("objective", text, dict.fromkeys((MARGIN, *LOSSES)))
        parse_loss(text)
    return text


def load(path: str | os.PathLike[str], *, outside: bool = False) -> Spec:
    """Read a spec from a YAML file.

    **Arguments:**

    - `outside`: whether its netlist may name files outside of its folder.

    **Raises:** `ChaoscadError` with every error that is found in it.
    """
    name = os.fspath(path)
    text = read_text(path)
    kind = kind_of(text, name)
    if kind is not None and kind != "netlist":
        raise ChaoscadError(Diagnostic(f"this is a {kind}, and a sweep is needed", name, hint=HINT))
    return read(text, name, outside=outside)


def read(text: str, file: str | None = None, *, outside: bool = False) -> Spec:
    """Read a spec from text; paths in it are relative to the folder of `file`."""
    found: list[Diagnostic] = []
    try:
        root = compose(text, file, found)
    except NetlistError as error:
        # What is said about the top of a file is said of netlists.
        raise ChaoscadError(
            replace(
                item,
                message=item.message.replace("a netlist", "a sweep"),
                hint=HINT if item.hint and "chaoscad: 1" in item.hint else item.hint,
            )
            for item in error.diagnostics
        ) from None
    if "sweep" not in root and "chaoscad" in root:
        raise ChaoscadError(Diagnostic("this is a netlist, and a sweep is needed", file, hint=HINT))
    return _Reader(file, found, outside).read(root)


def of_data(data: Mapping[str, Any], *, outside: bool = False) -> Spec:
    """A spec from a mapping such as a YAML file holds; files are looked for in the working folder."""
    root = from_data({str(key): value for key, value in data.items()})
    assert isinstance(root, MappingNode)
    return _Reader(None, [], outside).read(root)


class _Reader:
    def __init__(self, file: str | None, found: list[Diagnostic], outside: bool) -> None:
        self.file, self.found, self.outside = file, found, outside

    def read(self, root: MappingNode) -> Spec:
        for key in root:
            if key not in KEYS:
                self._complain(
                    f"unknown key {shown(key)}",
                    key,
                    nearest(key, KEYS) or "the keys here are " + ", ".join(KEYS),
                )
        for key in ("sweep", "netlist", "axes"):
            if Scalar(key) not in root:
                hint = f"write 'sweep: {VERSION}'" if key == "sweep" else None
                self._complain(f"the key {shown(key)} is missing", place(root), hint)
        version = root.get(Scalar("sweep"))
        if version is not None and version != VERSION:
            message = f"version {describe(version)} of sweeps is not known"
            self._complain(message, place(version), f"this program reads version {VERSION}")
        axes: tuple[Axis, ...] = ()
        if Scalar("axes") in root:
            axes = AxisReader(self.file, self.found).read(root[Scalar("axes")])
        measures = self._measures(root.get(Scalar("measures")))
        settings = self._settings(root.get(Scalar("settings")))
        netlist = self._netlist(root.get(Scalar("netlist")))
        self._check_size(axes)
        if self._wrong() or netlist is None:
            raise ChaoscadError(self.found)
        tree, file, text = netlist
        spec = Spec(tree, file, text, axes, measures, settings, self.file, self.outside)
        spec._choices(settings)
        return spec

    def _wrong(self) -> bool:
        return any(item.severity == "error" for item in self.found)

    def _check_size(self, axes: Sequence[Axis]) -> None:
        points = product(tuple(axes))
        if points > MOST_NUMBERS:
            sizes = " x ".join(str(len(axis)) for axis in axes)
            message = f"the axes make {points:.3g} points ({sizes}), and a sweep has at most {MOST_NUMBERS}"
            hint = "take fewer values, or several sweeps"
            self.found.append(
                Diagnostic(message, self.file, axes[0].key.line, axes[0].key.column, hint)
            )

    def _measures(self, node: Node | None) -> tuple[str, ...]:
        if node is None:
            return ("solved", "margin")
        names = node if isinstance(node, SequenceNode) else SequenceNode([node])
        if not names:
            self._complain("there are no measures", place(node), "for example [solved, margin]")
        found: list[str] = []
        for name in names:
            if not isinstance(name, Scalar) or name not in MEASURES:
                hint = nearest(str(name), MEASURES) if isinstance(name, Scalar) else None
                hint = hint or "the measures are " + ", ".join(MEASURES)
                self._complain(f"unknown measure {describe(name)}", place(name), hint)
            elif name in found:
                self._complain(f"measure {shown(name)} is listed twice", name, "leave one out")
            else:
                found.append(str(name))
        return tuple(name for name in MEASURES if name in found)

    def _settings(self, node: Node | None) -> dict[str, Scalar]:
        if node is None:
            return {}
        if not isinstance(node, MappingNode):
            self._complain(f"settings is a mapping, not {describe(node)}", place(node))
            return {}
        found: dict[str, Scalar] = {}
        for key, value in node.items():
            if key not in NAMES:
                hint = nearest(key, NAMES) or "the settings are " + ", ".join(NAMES)
                self._complain(f"unknown setting {shown(key)}", key, hint)
            elif not isinstance(value, Scalar):
                self._complain(f"{key}: one value is expected, not {describe(value)}", place(value))
            else:
                found[str(key)] = value
        return found

    def _netlist(self, node: Node | None) -> tuple[MappingNode, str | None, str] | None:
        if node is None:
            return None
        if isinstance(node, MappingNode):
            return node, self.file, label(node)
        if not isinstance(node, Scalar) or not node:
            message = f"netlist is a file's name or a netlist, not {describe(node)}"
            self._complain(message, place(node))
            return None
        path = Path(self.file).parent / node if self.file is not None else Path(node)
        try:
            refuse_others("netlist", None, str(path))
            text = read_text(path)
            refuse_others("netlist", text, str(path))
            return compose(text, str(path), self.found), str(path), text
        except ChaoscadError as error:
            self.found += error.diagnostics
            return None

    def _complain(self, message: str, at: Scalar, hint: str | None = None) -> None:
        self.found.append(Diagnostic(message, self.file, at.line, at.column, hint))
