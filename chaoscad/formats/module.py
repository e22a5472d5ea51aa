"""A flattened module in yosys's JSON: its ports, drivers and names, and what is refused in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from chaoscad.errors import nearest, shown
from chaoscad.formats.cases import covered
from chaoscad.formats.cells import Bit, gates, storage
from chaoscad.formats.draft import Draft, Place
from chaoscad.formats.liberty import NO_LIBRARY, Cells
from chaoscad.toolchain import SOURCE, flag

_SOURCE = re.compile(rf"({re.escape(SOURCE)}|included_\d+\.v):(\d+)(?:\.(\d+))?")
_TRISTATE = ("$tribuf", "$_TBUF_")
_PRIMITIVES = ("and", "or", "nand", "nor", "xor", "xnor", "not", "buf")
_CHECKS = ("$assert", "$assume", "$cover", "$live", "$fair", "$check", "$print", "$scopeinfo")


def place(source: str) -> Place:
    """The first place of a `src` attribute that lies in the user's texts."""
    for match in _SOURCE.finditer(source):
        if int(match[2]):
            file = None if match[1] == SOURCE else match[1]
            return Place(int(match[2]), int(match[3] or 1), file)
    return Place()


class Module:
    """One module; complaints about it go to the draft.

    **Arguments:**

    - `data`: it in yosys's JSON.
    - `library`: the cells that its instances may be, besides yosys's own.
    - `full_case`: whether its text says of a `case` that it covers all that occurs.
    """

    def __init__(
        self, data: dict[str, Any], draft: Draft, library: Cells, full_case: bool = False
    ) -> None:
        self.draft, self.library, self.full_case = draft, library, full_case
        self.ports: dict[str, dict[str, Any]] = data["ports"]
        self.nets: dict[str, dict[str, Any]] = data["netnames"]
        self.cells: dict[str, dict[str, Any]] = {
            name: _directed(cell, library)
            for name, cell in data["cells"].items()
            if not cell["type"].startswith(_CHECKS) and not cell["type"].startswith("$specify")
        }
        self.driver: dict[Bit, str] = {}
        for name, cell in self.cells.items():
            for bit in _bits(cell, "output"):
                self.driver.setdefault(bit, name)
        self.inputs: dict[Bit, str] = dict(self.port_bits("input"))
        self.titles: dict[Bit, list[str]] = {}
        self.place: dict[Bit, Place] = {}
        self.collect_names()

    def port_bits(self, direction: str) -> Iterator[tuple[Bit, str]]:
        """The bits of all ports of one direction with their names, the least significant first."""
        for name, port in self.ports.items():
            if port["direction"] == direction:
                yield from zip(port["bits"], _bit_names(name, port), strict=True)

    def collect_names(self) -> None:
        """The public names of every bit, the shortest and least nested first."""
        for name, net in self.nets.items():
            public = not net["hide_name"] and SOURCE not in name
            at = place(net["attributes"].get("src", ""))
            for bit, title in zip(net["bits"], _bit_names(name, net), strict=True):
                if public:
                    self.titles.setdefault(bit, []).append(title)
                    self.place[bit] = at
                else:
                    self.place.setdefault(bit, at)
        for titles in self.titles.values():
            titles.sort(key=lambda title: (title.count("."), len(title), title))

    def title(self, bit: Bit) -> str:
        """A name of a bit for messages."""
        return self.titles.get(bit, ["(unnamed)"])[0]

    def port_place(self, name: str) -> Place:
        return place(self.nets[name]["attributes"].get("src", "")) if name in self.nets else Place()

    def simple(self) -> bool:
        """Whether every cell that matters is a gate or a bitwise operator."""
        return all(gates(self.cells[name], self.library) is not None for name in self.live())

    def live(self) -> dict[str, None]:
        """The cells that an output depends on."""
        found: dict[str, None] = {}
        todo = [bit for bit, _ in self.port_bits("output")]
        while todo:
            name = self.driver.get(todo.pop())
            if name is not None and name not in found:
                found[name] = None
                todo.extend(_bits(self.cells[name], "input"))
        return found

    def check(self, assigned_twice: Iterable[str], empty: Iterable[str]) -> None:
        """Complain about all that no combinational circuit has.

        **Arguments:**

        - `assigned_twice`: signals that two assignments drive.
        - `empty`: modules without contents.
        """
        self.check_ports()
        if not self.check_modules(frozenset(empty)):
            return
        self.check_drivers(assigned_twice)
        live = sorted(self.live(), key=lambda name: (self.cell_place(name).line, name))
        for name in live:
            self.check_cell(name)
        if not self.draft.diagnostics:
            self.check_undriven(live)

    def check_mapped(self) -> None:
        """Complain about cells that mapping left, and about undefined values that it made."""
        said: set[str] = set()
        for name in self.live():
            cell = self.cells[name]
            if gates(cell, self.library) is None:
                message = f"the operator {cell['type']} cannot be turned into gates"
                self.draft.complain(message, self.cell_place(name))
            elif {"x", "z"} & set(_bits(cell, "input")):
                self.undefined(*self.reader(name), said)
        for bit, title in self.port_bits("output"):
            if bit in ("x", "z"):
                self.undefined(_word(title), self.port_place(_word(title)), said)

    def reader(self, name: str) -> tuple[str, Place]:
        """The signal with a name, and a place, of or behind a cell that may have neither."""
        readers: dict[Bit, list[str]] = {}
        for cell in self.cells:
            for bit in _bits(self.cells[cell], "input"):
                readers.setdefault(bit, []).append(cell)
        at, todo, seen = Place(), [name], {name}
        # The list grows while it is walked.
        for cell in todo:
            at = at if at.line else self.cell_place(cell)
            for bit in _bits(self.cells[cell], "output"):
                if bit in self.titles:
                    title = _word(self.title(bit))
                    return title, at if at.line else self.port_place(title)
                later = [reader for reader in readers.get(bit, ()) if reader not in seen]
                todo.extend(later)
                seen.update(later)
        return name, at

    def undefined(self, owner: str, at: Place, said: set[str]) -> None:
        """Complain once about a net that some values of the inputs leave without a value."""
        if owner not in said:
            said.add(owner)
            message = f"{shown(owner)} is undefined (x) for some inputs"
            hint = (
                "keep every index within its vector: make the vector as long as the index reaches"
            )
            self.draft.complain(message, at, hint)

    def owner(self, name: str) -> str:
        """What messages call a cell: the signal that it drives, or itself."""
        outputs = [bit for bit in _bits(self.cells[name], "output") if isinstance(bit, int)]
        return _word(self.title(outputs[0])) if outputs else name

    def cell_place(self, name: str) -> Place:
        return place(self.cells[name]["attributes"].get("src", ""))

    def check_ports(self) -> None:
        for name, port in self.ports.items():
            if port["direction"] == "inout":
                message = f"the port {shown(name)} is inout; a circuit has inputs and outputs"
                self.draft.complain(message, self.port_place(name), "make it one of them")

    def check_modules(self, empty: frozenset[str]) -> bool:
        """Whether every cell is known."""
        sound = True
        for name, cell in self.cells.items():
            kind = cell["type"]
            if kind in self.library:
                sound = self.check_library_cell(name) and sound
            elif not kind.startswith("$") or kind.startswith("$paramod"):
                sound = False
                what = "which is empty" if kind in empty else "which is no module here"
                message = f"{shown(name)} is an instance of {shown(kind)}, {what}"
                # Cells are called NAND2_X1; who writes nandd meant the gate.
                hint = nearest(kind, (*self.library, *(_PRIMITIVES if kind.isalpha() else ())))
                hint = hint or f"add the module's Verilog to the file, or {NO_LIBRARY}"
                self.draft.complain(message, self.cell_place(name), hint)
        return sound

    def check_library_cell(self, name: str) -> bool:
        """Whether an instance of a library's cell has all that its function needs."""
        cell, at = self.cells[name], self.cell_place(name)
        kind, connected = cell["type"], cell["connections"]
        if any(pin.startswith("$") for pin in connected):
            message = f"{shown(name)} connects the cell {shown(kind)} by the order of its pins"
            self.draft.complain(message, at, "a library has no order; write .PIN(net)")
            return False
        for pin, bits in connected.items():
            if len(bits) > 1:
                message = f"the pin {shown(pin)} of {shown(name)} is given {len(bits)} bits"
                self.draft.complain(message, at, "a pin of a cell has one")
                return False
        given = [pin for pin, bits in connected.items() if bits]
        return self.library[kind].check(given, at, self.draft)

    def check_drivers(self, assigned_twice: Iterable[str]) -> None:
        """Complain about bits with two drivers; yosys joins the nets of conflicting assignments."""
        said: set[str] = set()

        def two(title: str, at: Place) -> None:
            if title not in said:
                said.add(title)
                message = f"net {shown(title)} has two drivers"
                self.draft.complain(message, at, "rename or remove one of them")

        for signal in assigned_twice:
            title = signal.removeprefix("\\")
            two(title, self.port_place(title))
        if said:
            return
        seen: dict[Bit, str] = {}
        for bit, title in self.port_bits("input"):
            if isinstance(bit, str) or bit in seen:
                two(title, self.port_place(title.split("[")[0]))
            seen[bit] = title
        for name, cell in self.cells.items():
            for bit in _bits(cell, "output"):
                if isinstance(bit, str) or bit in seen:
                    two(self.title(bit), self.cell_place(name))
                else:
                    seen[bit] = name

    def check_cell(self, name: str) -> None:
        """Complain about storage, tri-state and undefined values."""
        cell = self.cells[name]
        kind, at = cell["type"], self.cell_place(name)
        owner = shown(self.owner(name))
        stores = storage(kind)
        if stores is not None:
            if stores == "memory":
                owner = shown(str(cell["parameters"].get("MEMID", name)).removeprefix("\\"))
            message = (
                f"{owner} is a {stores} ({kind}), which stores a bit: the circuit is sequential"
            )
            hint = {
                "latch": "give it a value in every branch of the code",
                "memory": "write a table of constants as a case statement",
                "flip-flop": "make its output an input of the circuit, and its input an output",
            }[stores]
            self.draft.complain(message, at, hint)
            return
        if kind in _TRISTATE:
            self.draft.complain(f"{owner} is a tri-state buffer ({kind})", at, "use a multiplexer")
            return
        for port in sorted(cell["connections"]):
            bits = cell["connections"][port]
            if "z" in bits:
                message = f"{owner} is given the value z; gates drive 0 or 1"
                self.draft.complain(message, at, "use a multiplexer")
                return
            if "x" in bits and not self.unreachable(cell, port):
                message = f"{owner} is given an undefined value (x)"
                self.draft.complain(message, at, "give it a value, or drive the net")
                return

    def unreachable(self, cell: dict[str, Any], port: str) -> bool:
        """Whether a value is that of no case: they cover all, or the text says that they do."""
        if port != "A" or cell["type"] not in ("$pmux", "$mux") or not flag(cell, "full_case"):
            return False
        return self.full_case or covered(cell["connections"]["S"], self.driver, self.cells)

    def check_undriven(self, live: Iterable[str]) -> None:
        said: set[str] = set()
        needed = [bit for bit, _ in self.port_bits("output")]
        for name in live:
            needed.extend(_bits(self.cells[name], "input"))
        for bit in needed:
            if isinstance(bit, str) or bit in self.inputs or bit in self.driver:
                continue
            title = self.title(bit)
            if title not in said:
                said.add(title)
                hint = "declare it as an input, or drive it"
                at = self.place.get(bit, Place())
                self.draft.complain(f"net {shown(title)} is not driven", at, hint)
        for bit, title in self.port_bits("output"):
            if bit in ("x", "z"):
                message = f"output {shown(title)} has the value {bit}; gates drive 0 or 1"
                self.draft.complain(message, self.port_place(_word(title)), "give it a value")


def _directed(cell: dict[str, Any], library: Cells) -> dict[str, Any]:
    """A cell with the directions of its pins, which yosys does not know of a library's cells."""
    known = library.get(cell["type"])
    if known is None:
        return cell
    connected = {
        pin: bits for pin, bits in cell["connections"].items() if pin not in known.supplies
    }
    directions = {pin: "output" if pin in known.functions else "input" for pin in connected}
    return {**cell, "connections": connected, "port_directions": directions}


def _bits(cell: dict[str, Any], direction: str) -> list[Bit]:
    directions = cell.get("port_directions", {})
    return [
        bit
        for port, bits in cell["connections"].items()
        if directions.get(port) == direction
        for bit in bits
    ]


def _bit_names(name: str, net: dict[str, Any]) -> list[str]:
    width = len(net["bits"])
    if width == 1:
        return [name]
    offset = net.get("offset", 0)
    indices = range(width - 1, -1, -1) if net.get("upto") else range(width)
    return [f"{name}[{offset + index}]" for index in indices]


def _word(title: str) -> str:
    """The signal that a bit belongs to."""
    return re.sub(r"\[-?\d+\]$", "", title)
