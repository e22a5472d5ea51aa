"""The models of a BLIF file as it writes them: ports, covers, and instances of other models."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chaoscad.errors import counted, nearest, shown
from chaoscad.files import lines_of
from chaoscad.formats.draft import Draft, Place

# A blank is one of ASCII: any other character may be part of a name.
WORD = re.compile(r"\S+", re.ASCII)
# What these say, of times, loads, areas and origins, leaves the logic as it is.
_IGNORED = (
    *(".default_input_arrival", ".default_output_required", ".default_input_drive"),
    *(".default_output_load", ".default_max_input_load", ".input_arrival", ".output_required"),
    *(".input_drive", ".output_load", ".max_input_load", ".area", ".delay", ".wire_load_slope"),
    *(".wire", ".attr", ".attrib", ".param", ".cname", ".no_merge", ".and_gate_delay"),
    *(".input_required", ".cycle", ".clock_event"),
)
_REFUSED = {
    ".mlatch": "a library's latches are not read, and the circuit is sequential",
    ".exdc": "external don't-cares are not read; remove the section",
    ".start_kiss": "state machines are not read",
    ".search": "other files are not read; put every model into this one",
    ".flop": "it stores a bit: the circuit is sequential",
    **dict.fromkeys(
        (".mv", ".table", ".onehot", ".reset"),
        "this is BLIF-MV; nets with more values are not read",
    ),
    ".clock": "the circuit is sequential; a combinational one has no clock",
}
_KNOWN = (".model", ".inputs", ".outputs", ".names", ".subckt", ".conn", ".latch", ".end")


@dataclass(frozen=True)
class Word:
    """A word of a line with its place; a line that goes on after a backslash has several."""

    text: str
    at: Place


@dataclass
class Cover:
    """`.names`: the last net is driven by the cover of the others."""

    nets: list[Word]
    cubes: list[str] = field(default_factory=list)
    value: str | None = None
    sound: bool = True


@dataclass
class Instance:
    """`.subckt` or `.gate`: a model or a library's cell, and what its ports are connected to."""

    model: Word
    connect: dict[str, Word]
    library: bool = False


@dataclass
class Model:
    """`.model`; `broken` are nets that statements which were refused may drive."""

    name: Word
    inputs: list[Word] = field(default_factory=list)
    outputs: list[Word] = field(default_factory=list)
    body: list[Cover | Instance] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    blackbox: bool = False


class ModelReader:
    """Text to models; complaints go to the draft."""

    def __init__(self, draft: Draft, names: Mapping[str, str]) -> None:
        self.draft, self.names = draft, names
        self.found: dict[str, Model] = {}
        self.model: Model | None = None
        self.cover: Cover | None = None

    def models(self, text: str) -> dict[str, Model]:
        for words in _statements(text, self.draft):
            first = words[0]
            if first.text.startswith("."):
                self.close()
                self.statement(first, words[1:])
            elif self.cover is not None:
                self.row(self.cover, words)
            else:
                known = shown(first.text)
                self.draft.complain(
                    f"{known} stands outside of a .names", first.at, "a statement starts with a dot"
                )
        self.close()
        return self.found

    def named(self, word: Word) -> Word:
        return Word(self.names.get(word.text, word.text), word.at)

    def current(self, at: Place) -> Model:
        """The model that statements belong to; a file may leave out its .model."""
        if self.model is None:
            self.model = Model(Word("", at))
            self.found.setdefault("", self.model)
        return self.model

    def statement(self, first: Word, rest: list[Word]) -> None:
        kind, at = first.text, first.at
        complain = self.draft.complain
        if kind == ".model":
            self.open(first, rest)
        elif kind in (".inputs", ".outputs", ".input", ".output"):
            model = self.current(at)
            ports = model.inputs if kind.startswith(".input") else model.outputs
            ports.extend(map(self.named, rest))
        elif kind == ".names":
            if not rest:
                complain(".names has no net", at, "write .names INPUT... OUTPUT")
                return
            self.cover = Cover([self.named(word) for word in rest])
            self.current(at).body.append(self.cover)
        elif kind in (".conn", ".barbuf", ".short"):
            if len(rest) != 2:
                complain(f"{kind} takes two nets, not {len(rest)}", at)
                return
            nets = [self.named(word) for word in rest]
            self.current(at).body.append(Cover(nets, ["1"], "1"))
        elif kind in (".subckt", ".gate"):
            self.instance(first, rest)
        elif kind == ".latch":
            output = rest[1].text if len(rest) > 1 else "?"
            net = shown(self.names.get(output, output))
            message = f"{net} is a latch, which stores a bit: the circuit is sequential"
            complain(
                message, at, "make its output an input of the circuit, and its input an output"
            )
            if len(rest) > 1:
                self.current(at).broken.append(self.named(rest[1]).text)
        elif kind == ".blackbox":
            self.current(at).blackbox = True
        elif kind == ".end":
            self.model = None
        elif kind in _REFUSED:
            self.refuse(kind, rest, at)
        elif kind not in _IGNORED:
            hint = nearest(kind, _KNOWN) or "the statements are " + " ".join(_KNOWN)
            complain(f"there is no statement {shown(kind)}", at, hint)
            # Its nets may be driven by it, and the lines that follow belong to it.
            self.current(at).broken += [self.named(word).text for word in rest]
            self.cover = Cover([first], sound=False)

    def refuse(self, kind: str, rest: list[Word], at: Place) -> None:
        what = f"{kind} {rest[0].text}" if rest and kind == ".mlatch" else kind
        self.draft.complain(f"{shown(what)} is refused", at, _REFUSED[kind])
        if kind == ".mlatch":
            nets = [word.text.rpartition("=")[2] for word in rest[1:]]
            self.current(at).broken += [self.names.get(net, net) for net in nets]

    def open(self, first: Word, rest: list[Word]) -> None:
        name = self.named(rest[0]) if rest else Word("", first.at)
        self.model = Model(Word(name.text, first.at))
        if name.text in self.found:
            line = self.found[name.text].name.at.line
            message = f"the model {shown(name.text)} stands already at line {line}"
            self.draft.complain(message, first.at, "rename one of them")
        self.found.setdefault(name.text, self.model)

    def instance(self, first: Word, rest: list[Word]) -> None:
        what = "model" if first.text == ".subckt" else "cell"
        if not rest:
            self.draft.complain(f"{first.text} names no {what}", first.at)
            return
        connect: dict[str, Word] = {}
        for word in rest[1:]:
            formal, equals, actual = word.text.partition("=")
            formal = self.names.get(formal, formal)
            if not equals or not formal or not actual:
                hint = f"write {first.text} {what.upper()} PORT=NET ..."
                self.draft.complain(f"{shown(word.text)} connects no port", word.at, hint)
            elif formal in connect:
                self.draft.complain(f"the port {shown(formal)} is connected twice", word.at)
            else:
                connect[formal] = self.named(Word(actual, word.at))
        model = Word(self.named(rest[0]).text, first.at)
        library = first.text == ".gate"
        self.current(first.at).body.append(Instance(model, connect, library))

    def row(self, names: Cover, words: list[Word]) -> None:
        """One line of a cover: the cube over the inputs, and the value there."""
        arity = len(names.nets) - 1
        net = shown(names.nets[-1].text)
        cube = "".join(word.text for word in words[:-1])
        value, at = words[-1].text, words[0].at
        message = hint = None
        if len(cube) != arity or len(words) > 2:
            line = " ".join(word.text for word in words)
            message = (
                f"the cover line {shown(line)} of {net} does not fit its {counted(arity, 'input')}"
            )
            hint = f"{arity} of the letters 0 1 -, a space and 0 or 1" if arity else "write 0 or 1"
        elif set(cube) - set("01-"):
            message = f"the cube {shown(cube)} of {net} holds letters other than 0 1 -"
        elif value not in ("0", "1"):
            message = f"the value of {net} is {shown(value)}; it is 0 or 1"
        elif names.value not in (None, value):
            message = f"the cover of {net} has lines of both values"
            hint = "a cover lists the rows of 1, or those of 0"
        if message is not None:
            if names.sound:
                self.draft.complain(message, at, hint)
            names.sound = False
            return
        names.value = value
        names.cubes.append(cube)

    def close(self) -> None:
        self.cover = None


def _statements(text: str, draft: Draft) -> Iterator[list[Word]]:
    """The words of every line, lines that end in a backslash joined with the next."""
    words: list[Word] = []
    number, goes_on = 0, False
    for number, raw in enumerate(lines_of(text), 1):
        line = raw.split("#", 1)[0].rstrip(" \t\v\f")
        goes_on = line.endswith("\\")
        body = line[:-1] if goes_on else line
        words += [Word(match[0], Place(number, match.start() + 1)) for match in WORD.finditer(body)]
        if not goes_on and words:
            yield words
            words = []
    if words:
        yield words
    if goes_on:
        draft.complain("the file ends after a backslash", Place(number, 0))
