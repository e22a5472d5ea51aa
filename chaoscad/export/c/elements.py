"""The elements of a C export: one state each, which runs on from reading to reading.

Elements that do the same with other nets share one function, a cell, and a table says which nets: so the
code is as long as the circuit has cells, and what grows with its gates is data. A function for every gate
takes a compiler, which puts each into the one that calls them all, more than linear time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaoscad.design import DesignGate, Element
from chaoscad.export.c.plan import CPlan, CSystem
from chaoscad.export.names import comment
from chaoscad.fixed_point.form import to_grid
from chaoscad.systems.symbolic.assignments import written

KINDS = {"fixed": "int32_t", "float": "double"}
"""The C type of a state, by number format."""


def start_function(system: CSystem, way: str) -> list[str]:
    """The coordinates of a system at its start, `static void WAY_start_N(TYPE *s, TYPE z)`."""
    setting, kind = system.setting, KINDS[way]
    lines = [f"static void {way}_start_{system.number}({kind} *s, {kind} z)", "{"]
    for index, (name, value) in enumerate(
        zip(setting.system.coordinates, setting.start, strict=True)
    ):
        given = "z"
        if name not in setting.encode:
            given = written(value)
            if way == "fixed":
                assert system.form is not None
                given = str(to_grid(value, system.form.fraction_bits))
        lines.append(f"    s[{index}] = {given};")
    return [*lines, "}", ""]


def places_table(made: CPlan) -> list[str]:
    """The nets of every element in the order of evaluation: its inputs, and then its readings."""
    kind, read = ("uint16_t", "word") if len(made.places) < 1 << 16 else ("uint32_t", "dword")
    lines = [
        "#ifdef __AVR__",
        f"#define READ_PLACE(place) pgm_read_{read}(place)",
        "#define READ_CELL(type, place) ((type)pgm_read_ptr(place))",
        "#else",
        "#define READ_PLACE(place) (*(place))",
        "#define READ_CELL(type, place) (*(place))",
        "#endif",
        "",
        f"typedef {kind} place_t;",
        "/* Of every element the places of its inputs in net, and those of its outputs. */",
        f"static const place_t places[] {made.macro}_FLASH = {{",
    ]
    for element in made.design.elements:
        names = [*element.inputs, *(gate.name for gate in in_order(element, made.places))]
        title = comment(element.name)
        if element.shared:
            title += ": " + ", ".join(comment(gate.name) for gate in element.readings)
        lines.append(f"    {', '.join(str(made.places[name]) for name in names)}, /* {title} */")
    return [*lines, "};", ""]


def in_order(element: Element, places: Mapping[str, int]) -> list[DesignGate]:
    """The readings of an element as tables list them: whatever their iterates."""
    return sorted(element.readings, key=lambda gate: places[gate.name])


def element_functions(made: CPlan, way: str) -> list[str]:
    """One function per cell, which cell every element is, and `WAY_element`, which evaluates one."""
    kind = KINDS[way]
    control, given = (f", const {kind} *control", ", control") if made.every else ("", "")
    lines, texts = _controls(made, way)
    cells: dict[tuple[str, ...], int] = {}
    numbers: list[int] = []
    for element, values in zip(made.design.elements, texts, strict=True):
        body = tuple(_body(made, element, way, values))
        numbers.append(cells.setdefault(body, len(cells)))
    result = "static const place_t *"
    for body, number in cells.items():
        head = f"{result}{way}_cell_{number}(const place_t *place, uint8_t *net{control})"
        lines += [head, "{", *body, "}"]
    lines += [
        f"typedef const place_t *(*{way}_cell_t)(const place_t *place, uint8_t *net{control});",
        f"static const {way}_cell_t {way}_cells[] {made.macro}_FLASH = {{",
        *(f"    {way}_cell_{number}," for number in cells.values()),
        "};",
        "/* The cell that every element is. */",
        f"static const place_t {way}_cell_of[ELEMENTS] {made.macro}_FLASH = {{",
        *(f"    {', '.join(map(str, numbers[i : i + 20]))}," for i in range(0, len(numbers), 20)),
        "};",
        "/* Evaluates an element; place is that of its first input, the result that of the next element. */",
        f"{result}{way}_element(long element, const place_t *place, uint8_t *net{control})",
        "{",
        f"    const {way}_cell_t *cell = &{way}_cells[READ_PLACE(&{way}_cell_of[element])];",
        f"    return READ_CELL({way}_cell_t, cell)(place, net{given});",
        "}",
    ]
    return [*lines, ""]


def _controls(made: CPlan, way: str) -> tuple[list[str], list[dict[str, str]]]:
    """The table of what differs between configurations, and of every element its numbers as C has them."""
    every = list(made.every.values()) or [made]
    columns: dict[tuple[str, ...], int] = {}
    texts: list[dict[str, str]] = []
    for number in range(len(made.design.elements)):
        values = [_numbers(one, one.design.elements[number], way) for one in every]
        found: dict[str, str] = {}
        for name in values[0]:
            each = tuple(one[name] for one in values)
            if len(set(each)) == 1:
                found[name] = each[0]
                continue
            found[name] = f"control[{columns.setdefault(each, len(columns))}]"
        texts.append(found)
    if not made.every:
        return [], texts
    columns = columns or {("0",) * len(every): 0}
    size = f"[{made.macro}_CONFIGURATIONS][{len(columns)}]"
    lines = ["/* What differs between configurations: a row for each. */"]
    lines.append(f"static const {KINDS[way]} {way}_controls{size} = {{")
    lines += [f"    {{{', '.join(row)}}}," for row in zip(*columns, strict=True)]
    return [*lines, "};"], texts


def _numbers(made: CPlan, element: Element, way: str) -> dict[str, str]:
    """x0 and the weights of an element, and of each reading the threshold and when it is read.

    A map is read after a count of iterates, a flow at one of its stops.
    """
    found: dict[str, str] = {}
    first = element.longest
    if way == "fixed":
        words = made.orbits[first.name].words
        state = [str(words.x0), *map(str, words.delta)]
    else:
        state = [repr(value) for value in (first.x0, *first.delta)]
    names = ["x0", *(f"delta {index}" for index in range(element.arity))]
    found |= dict(zip(names, state, strict=True))
    counts = made.steps.get(element.key)
    for index, gate in enumerate(element.readings):
        threshold = repr(gate.threshold)
        if way == "fixed":
            threshold = str(made.orbits[gate.name].words.threshold)
        found[f"threshold {gate.name}"] = threshold
        if counts is None:
            found[f"count {gate.name}"] = str(gate.iterates)
        else:
            # Readings may change places between configurations, and stop by stop they do not.
            found[f"stop {gate.name}"] = str(index)
            found[f"time {index}"] = repr(gate.setting.time)
            found[f"steps {index}"] = str(counts[index])
    found["longest"] = str(element.iterates)
    return found


def _body(made: CPlan, element: Element, way: str, values: dict[str, str]) -> list[str]:
    system, kind = made.system_of[element.key], KINDS[way]
    width = len(system.setting.system.coordinates)
    zero = "0" if way == "fixed" else "0.0"
    lines = [f"    {kind} z = {values['x0']}, s[{width}];"]
    lines += [] if system.flow else ["    int i;"]
    lines += ["    (void)control;"] if made.every else []
    lines += [
        f"    z += net[READ_PLACE(place + {index})] ? {values[f'delta {index}']} : {zero};"
        for index in range(element.arity)
    ]
    lines.append(f"    {way}_start_{system.number}(s, z);")
    end = f"    return place + {element.arity + len(element.readings)};"
    if system.flow:
        return [*lines, *_flow(made, element, system, values), end]
    record = ""
    if way == "fixed":
        record = " " + " ".join(f"RECORD_FIXED(s[{index}]);" for index in range(width))
        lines.append(f"   {record}")
    step = f"{{ {way}_step_{system.number}(s);{record} }}"
    if element.shared and any(_moves(values, gate) for gate in element.readings):
        return [*lines, *_in_any_order(made, element, way, values, step), end]
    first = "i = 0"
    for gate in element.readings:
        lines.append(f"    for ({first}; i < {_count(values, gate)}; i++) {step}")
        lines += _compared(made, element, gate, way, values)
        first = ""
    return [*lines, end]


def _moves(values: dict[str, str], gate: DesignGate) -> bool:
    """Whether it depends on the configuration when a gate is read."""
    return values[f"count {gate.name}"].startswith("control")


def _count(values: dict[str, str], gate: DesignGate | None) -> str:
    """When a gate is read; of no gate, when the last one is."""
    count = values["longest" if gate is None else f"count {gate.name}"]
    return f"(int){count}" if count.startswith("control") else count


def _in_any_order(
    made: CPlan, element: Element, way: str, values: dict[str, str], step: str
) -> Iterator[str]:
    """The readings where their iterates differ between configurations, and so may their order."""
    yield "    for (i = 0; ; i++) {"
    for gate in in_order(element, made.places):
        yield f"        if (i == {_count(values, gate)}) {{"
        yield from ("        " + line for line in _compared(made, element, gate, way, values))
        yield "        }"
    yield f"        if (i >= {_count(values, None)}) break;"
    yield f"        {step[2:-2]}"
    yield "    }"


def _flow(made: CPlan, element: Element, system: CSystem, values: dict[str, str]) -> Iterator[str]:
    """The flow from stop to stop; at each the reading is taken whose stop it is."""
    width, before = len(system.setting.system.coordinates), "0.0"
    for index in range(len(element.readings)):
        time, steps = values[f"time {index}"], values[f"steps {index}"]
        steps = f"(long){steps}" if steps.startswith("control") else steps
        if time != before:
            yield f"    run_flow(field_{system.number}, {width}, s, {before}, {time}, {steps});"
        before = time
        for gate in element.members:
            stop = values[f"stop {gate.name}"]
            if stop.startswith("control"):
                yield f"    if ((int){stop} == {index}) {{"
                yield from (
                    "    " + line for line in _compared(made, element, gate, "float", values)
                )
                yield "    }"
            elif stop == str(index):
                yield from _compared(made, element, gate, "float", values)


def _compared(
    made: CPlan, element: Element, gate: DesignGate, way: str, values: dict[str, str]
) -> list[str]:
    value = f"s[{gate.setting.reading}]"
    recorded = [f"    RECORD_FLOAT({value});"] if way == "float" else []
    compared = f"{value} {gate.compare} {values[f'threshold {gate.name}']}"
    place = element.arity + in_order(element, made.places).index(gate)
    return [*recorded, f"    net[READ_PLACE(place + {place})] = {compared};"]
