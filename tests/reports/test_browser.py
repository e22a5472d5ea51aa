"""The page in a real browser: it fetches nothing, its live gate computes what Python computes, anybody can use it."""

import json
import os
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from chaoscad.design import Reconfigurable, load, load_any
from chaoscad.design.elements import elements_of
from chaoscad.evidence import Evidence
from chaoscad.export.c.flows import runge_kutta
from chaoscad.gate import margins
from chaoscad.logic import title
from chaoscad.reports import report
from chaoscad.reports.curve import integration
from chaoscad.reports.javascript import Equations
from chaoscad.systems import Flow, setting, user_flow
from chaoscad.systems.registry import SYSTEMS
from chaoscad.toolchain import available
from tests.conftest import ROOT

DESIGNS = ROOT / "tests" / "data" / "designs"
NAMES = ("full_adder", "lorenz", "morph", "three_transistor", "user_map", "hostile")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "all.html"
    report([DESIGNS / f"{name}.json" for name in NAMES], path)
    return path.as_uri()


@pytest.fixture(scope="module")
def browser():
    tool = available("chromium")
    if tool is None or find_spec("playwright") is None:
        missing = pytest.fail if os.environ.get("CHAOSCAD_REQUIRE_TOOLS") else pytest.skip
        missing("chromium or playwright is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        running = started.chromium.launch(
            executable_path=tool.command[0], args=["--headless=new", "--no-sandbox"]
        )
        yield running
        running.close()


def opened(browser, address, **options):
    """A page without a network, and the list of everything that it asked for or complained of."""
    context = browser.new_context(offline=True, **options)
    seen = []
    page = context.new_page()
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    context.route("**/*", lambda route: (seen.append(route.request.url), route.continue_()))
    page.goto(address)
    return page, seen


@pytest.fixture(scope="module")
def loaded(browser, address):
    page, seen = opened(browser, address)
    yield page, seen
    # Whatever the tests did with it.
    assert seen == [address]


@pytest.fixture
def page(loaded):
    page, _ = loaded
    for button in page.locator("[data-live=reset]").all():
        button.evaluate("button => button.click()")
    return page


def panel(page, name, gate, configuration=None):
    """The live part of a design, with a gate chosen."""
    live = page.locator(f"#d{NAMES.index(name)}-live")
    if configuration is not None:
        live.locator("[data-live=configuration]").select_option(configuration)
    live.locator("[data-live=gate]").select_option(gate)
    return live


def put(live, path, value):
    live.locator(f'input[type=number][data-path="{path}"]').fill(repr(value))


def column(live, name):
    cells = live.locator(f'td[data-name="{name}"]')
    return np.array(cells.evaluate_all("cells => cells.map(cell => Number(cell.dataset.value))"))


@pytest.mark.parametrize(
    ("name", "gate", "configuration", "changes"),
    [
        ("full_adder", "p", None, {"x0": 0.3125, "delta.1": -0.21, "p.0": 3.7, "iterates": 4}),
        ("lorenz", "xor", None, {"x0": 1.5, "threshold": -2.25, "p.1": 24.5}),
        ("lorenz", "and", None, {"time": 0.5}),
        ("morph", "y", "xor", {"delta.0": 0.1}),
        ("three_transistor", "nand", None, {"x0": 0.61}),
        ("user_map", "n", None, {"x0": 0.4, "iterates": 2}),
        ("hostile", "<script>hacked=1</script>", None, {"p.0": 7.0, "threshold": 0.125}),
    ],
)
def test_the_live_gate_computes_what_python_computes(page, name, gate, configuration, changes):
    design = load(DESIGNS / f"{name}.json", configuration)
    setpoint = design.gate(gate).setpoint
    live = panel(page, name, gate, configuration)
    compared(live, setpoint, design, gate, 1.0)
    delta, values, made = list(setpoint.delta), list(setpoint.setting.values), setpoint.setting
    scale = 1.0
    for path, value in changes.items():
        put(live, path, value)
        key, _, place = path.partition(".")
        if key == "delta":
            delta[int(place)] = value
        elif key == "p":
            values[int(place)] = value
        elif key == "time":
            scale = value / made.time
            made = replace(made, time=value)
        else:
            setpoint = replace(setpoint, **{key: value})
    setpoint = replace(setpoint, delta=tuple(delta), setting=replace(made, values=tuple(values)))
    compared(live, setpoint, design, gate, scale)


def compared(live, setpoint, design, gate, scale):
    """The states, values, bits and margins of the page with those of Python, to 1e-12."""
    states, function = setpoint.states(), design.gate(gate).function
    if isinstance(setpoint.setting.system, Flow):
        count = round(integration(Evidence(design))[gate] * scale)
        (alone,) = elements_of([replace(design.gate(gate), setpoint=setpoint)])
        (values,) = runge_kutta(alone, states, [count])
    else:
        values = setpoint.values()
    np.testing.assert_allclose(column(live, "state"), states, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(column(live, "value"), values, rtol=1e-12, atol=1e-12)
    distances = setpoint.distances(values)
    np.testing.assert_array_equal(column(live, "output"), distances > 0)
    wanted = margins(distances, function)
    np.testing.assert_allclose(column(live, "margin"), wanted, rtol=1e-12, atol=1e-12)


def test_every_system_and_function_is_the_same_in_the_page(page):
    own = user_flow(
        {
            "x": "sin(x) + cos(y)*tan(0.1*x) - exp(-y**2) + a*t",
            "y": "log(2 + x**2) + sqrt(1 + abs(y)) - tanh(x)**3 + minimum(x, y) "
            "- maximum(x, 0.25)**a",
        },
        {"a": 1.25},
        read="x",
        time=1.0,
        step=0.1,
    )
    settings = [setting(name) for name in SYSTEMS] + [own]
    random = np.random.default_rng(1)
    equations, cases, wanted = Equations(), [], []
    for one in settings:
        system = one.system
        for _ in range(5):
            low, high = np.clip(system.state, -3, 3)
            state = tuple(random.uniform(low, high, len(system.coordinates)))
            if isinstance(system, Flow):
                found = system.field(np, 0.75, state, one.parameters)
            else:
                found = system.step(np, state, one.parameters)
            cases.append([equations.place(one), 0.75, list(state), list(one.values)])
            wanted.append([float(item) for item in found])
    source = f"() => {{ {equations.source()} return {json.dumps(cases)}.map("
    found = page.evaluate(source + "([k, t, s, p]) => SYSTEMS[k](t, s, p)); }")
    for case, ours, theirs in zip(cases, wanted, found, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-12, atol=1e-12, err_msg=str(case))


def test_a_slider_moves_by_keyboard_and_what_it_changes_is_said(page):
    live = panel(page, "full_adder", "g")
    before = column(live, "state")
    slider = live.locator('input[type=range][data-path="x0"]')
    slider.focus()
    for _ in range(250):
        page.keyboard.press("ArrowLeft")
    moved = column(live, "state")
    assert moved[0] == pytest.approx(before[0] - 0.25, abs=1e-3)
    bits = "".join(str(int(bit)) for bit in column(live, "output"))
    table = replace(load(DESIGNS / "full_adder.json").gate("g").function, rows=bits)
    told = live.locator("[data-live=summary]").text_content()
    assert told.startswith(f"g computes {title(table)}, wrong in ")
    assert slider.get_attribute("aria-valuetext") == f"{moved[0]:.6g}"
    live.locator("[data-live=status]", has_text=f"g computes {title(table)}").wait_for(
        state="attached", timeout=3000
    )
    # One stop further is the box for the number, and what is no number changes nothing.
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.path") == "x0"
    box = live.locator('input[type=number][data-path="x0"]')
    box.fill("")
    assert box.get_attribute("aria-invalid") == "true"
    np.testing.assert_array_equal(column(live, "state"), moved)
    live.locator("[data-live=reset]").click()
    np.testing.assert_array_equal(column(live, "state"), before)


def test_noise_turns_bits_as_often_as_it_should(page):
    live = panel(page, "full_adder", "p")
    margin = column(live, "margin").min()
    put(live, "comparator_noise", float(margin))
    errors = column(live, "errors")
    # One standard deviation: Phi(-1) = 0.159 of 1,000 evaluations, within four of their own.
    assert errors == pytest.approx(np.full(4, 0.1587), abs=4 * 0.0116)
    put(live, "comparator_noise", 0.0)
    put(live, "state_noise", 1e-6)
    np.testing.assert_array_equal(column(live, "errors"), np.zeros(4))


def test_a_link_restores_what_was_set(browser, address, page):
    live = panel(page, "morph", "y", "xor")
    put(live, "x0", 0.123456789012345)
    put(live, "delta.1", -0.1)
    page.wait_for_url("**delta=*")
    there, seen = opened(browser, page.url)
    again = there.locator("#d2-live")
    assert again.locator("[data-live=configuration]").input_value() == "xor"
    for name in ("state", "value", "margin"):
        np.testing.assert_array_equal(column(again, name), column(live, name))
    assert seen == [address]
    damaged = f"{address}#live=d2&gate=y&configuration=xor&x0=0.25&delta=1,2,3&iterates=1e9"
    there.goto(damaged)
    told = "A part of the link is not understood, and left as designed."
    status = there.locator("#d2-live [data-live=status]")
    status.filter(has_text=told).wait_for(state="attached")
    assert column(again, "state")[0] == 0.25
    # It stays, where the truth table of a slider that rests is told after half a second.
    there.wait_for_timeout(600)
    assert status.text_content() == told
    there.context.close()
    live.locator("[data-live=reset]").click()
    live.locator("[data-live=configuration]").select_option("and")
    page.wait_for_url(address)


def test_tables_sort_by_a_heading(page):
    table = page.locator("#d0-gates table.sortable")
    margin = table.locator("thead th", has_text="threshold")
    heads = table.locator("thead th").all_text_contents()
    place = heads.index("threshold")
    cells = f"rows => rows.map(row => Number(row.cells[{place}].dataset.value))"
    before = table.locator("tbody tr").evaluate_all(cells)
    margin.locator("button").focus()
    page.keyboard.press("Enter")
    assert table.locator("tbody tr").evaluate_all(cells) == sorted(before)
    assert margin.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert table.locator("tbody tr").evaluate_all(cells) == sorted(before, reverse=True)
    table.locator("thead button", has_text="gate").click()
    names = table.locator("tbody th").all_text_contents()
    assert names == sorted(names)
    assert margin.get_attribute("aria-sort") is None


def test_text_of_a_netlist_stays_text(page):
    assert page.evaluate("typeof hacked") == "undefined"
    assert page.locator("script").count() == 2
    assert page.locator("img").count() == 0
    name = "<script>hacked=1</script>"
    assert page.locator("#d5-gates tbody th").text_content() == name
    assert page.locator("#d5 .lead").text_content().startswith("</script><script>hacked = 1")
    # A link of a stranger is text, too.
    page.evaluate("location.hash = 'live=d5&gate=%3Cimg%20src%3Dx%20onerror%3Dhacked%3D1%3E'")
    page.locator("#d5-live [data-live=status]", has_text="another report").wait_for(
        state="attached"
    )
    assert page.locator("img").count() == 0


def test_axe_finds_nothing_in_light_and_dark(browser, tmp_path):
    from axe_playwright_python.sync_playwright import Axe

    # Hardware and switching, a set of configurations, a wrong row and noise: every kind of part.
    files = [DESIGNS / f"{name}.json" for name in ("core_adder", "functions_by_time")]
    address = Path(report(files, tmp_path / "some.html")).as_uri()
    page, seen = opened(browser, address)
    # A gate of the second file computes under each of its configurations what it should.
    second, one_set = page.locator("#d1-live"), load_any(files[1])
    assert isinstance(one_set, Reconfigurable)
    for name in one_set.configurations:
        second.locator("[data-live=configuration]").select_option(name)
        gate, design = second.locator("[data-live=gate]").input_value(), load(files[1], name)
        compared(second, design.gate(gate).setpoint, design, gate, 1.0)
    # The tables of each file sort by themselves.
    for place in range(2):
        page.locator(f"#d{place} table.sortable thead button").first.click()
        assert page.locator("th[aria-sort=ascending]").count() == place + 1
    live = page.locator("#d0-live")
    put(live, "comparator_noise", 0.2)
    put(live, "threshold", 9.0)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page, options={"resultTypes": ["violations"], "iframes": False})
        violations = found.response["violations"]
        assert [(item["id"], item["nodes"][0]["html"][:200]) for item in violations] == []
    assert [line for line in seen if line != address and "#live=" not in line] == []
    page.context.close()


def test_paper_has_every_figure_and_a_phone_no_sideways_scroll(browser, address):
    page, _ = opened(browser, address, viewport={"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.locator("[data-live=figure]").first.evaluate("svg => svg.clientWidth") > 330
    figures = page.locator("svg.chart, svg.schematic").count()
    page.emulate_media(media="print")
    sizes = page.locator("svg.chart, svg.schematic").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(box => box.width * box.height)"
    )
    assert figures == len(sizes) >= 30
    assert min(sizes) > 1000
    assert page.locator("header.bar").is_hidden()
    # Nothing is cut off where paper does not scroll.
    overflowing = page.locator(".scroll, pre").evaluate_all(
        "all => all.filter(one => getComputedStyle(one).overflowY !== 'visible').length"
    )
    assert overflowing == 0
    page.context.close()
