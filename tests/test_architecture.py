"""Imports point one way, none is a cycle, and what must stay light stays light."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "chaoscad"

# Lowest first. Parts of one line may not import each other, but for those listed in BESIDE.
LAYERS = (
    ("errors",),
    ("arguments", "documents", "files", "expression", "lazy"),
    ("instrument", "engine"),
    ("logic", "systems", "toolchain"),
    ("formats",),
    ("netlist",),
    ("gate", "family"),
    ("cells", "compile", "tune", "feasibility"),
    ("solve", "mapping", "fitting"),
    ("design", "verification", "analysis"),
    ("workflow", "evidence", "hardware"),
    ("switching", "fewest"),
    ("robustness",),
    ("fixed_point",),
    ("export", "schematic"),
    ("plot",),
    ("sweeps",),
    ("reports",),
    ("cli",),
)
BESIDE = {("verification", "design"), ("analysis", "design")}
JAX_PARTS = {"compile", "tune", "solve", "analysis", "robustness"}


def modules(folder: Path = PACKAGE) -> dict[str, Path]:
    found = {}
    for path in sorted(folder.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    return found


@cache
def imports(path: Path) -> set[str]:
    """What a module imports, inside functions too; not what only its types need."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue
            if isinstance(child, ast.Import):
                found.update(alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom) and child.module:
                # A name is a module of the package, or something that the package offers.
                for alias in child.names:
                    name = f"{child.module}.{alias.name}"
                    found.add(name if name in MODULES else child.module)
            visit(child)

    visit(ast.parse(path.read_text()))
    return found


NEURAL = modules(ROOT / "neural")
MODULES = modules() | NEURAL

NEURAL_MAY_IMPORT = {
    "engine",
    "errors",
    "files",
    "arguments",
    "documents",
    "instrument",
    "tune",
    "systems",
}

NEURAL_LAYERS = (
    ("keys", "data", "optimizers", "batches", "packages", "compiled", "masks", "seeds"),
    ("objective", "tasks", "settings"),
    ("activations", "analysis"),
    ("hamiltonian", "operations"),
    ("perceptron",),
    ("architecture",),
    ("models",),
    ("own", "fitted"),
    ("programs",),
    ("training", "compare"),
    ("metalearn", "forecasts", "arms", "growing"),
    ("recipes", "figures"),
)


def test_neural_uses_the_optimizer_stack_and_nothing_of_netlists():
    for module, path in NEURAL.items():
        for imported in imports(path):
            if imported.split(".")[0] == "chaoscad":
                assert part(imported) in NEURAL_MAY_IMPORT, f"{module} imports {imported}"


def test_imports_of_neural_point_one_way():
    layer = {name: index for index, names in enumerate(NEURAL_LAYERS) for name in names}
    for module, path in NEURAL.items():
        own = part(module)
        if not own:
            continue
        assert own in layer, f"{module} belongs to no layer"
        for imported in imports(path):
            other = part(imported)
            if not imported.startswith("neural.") or other == own:
                continue
            assert layer[other] < layer[own], f"{module} imports {imported}"


def test_tasks_need_no_jax():
    code = "import sys, neural.tasks; print('\\n'.join(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "jax" not in result.stdout.split()


def part(module: str) -> str:
    pieces = module.split(".")
    return pieces[1] if len(pieces) > 1 else ""


def test_imports_point_one_way():
    layer = {name: index for index, names in enumerate(LAYERS) for name in names}
    for module, path in modules().items():
        own = part(module)
        if own in ("", "__main__"):
            continue
        assert own in layer, f"{module} belongs to no layer"
        for imported in imports(path):
            other = part(imported)
            if not imported.startswith("chaoscad.") or other == own:
                continue
            allowed = layer[other] < layer[own] or (own, other) in BESIDE
            assert allowed, f"{module} imports {imported}"


def test_no_module_imports_the_package_root():
    for module, path in modules().items():
        if part(module) in ("", "__main__"):
            continue
        assert "chaoscad" not in imports(path), module


def test_no_cycles_late_imports_included():
    graph = {
        module: {other for other in imports(path) if other in MODULES and other != module}
        for module, path in MODULES.items()
    }
    list(TopologicalSorter(graph).static_order())


def test_jax_appears_only_where_it_may():
    for module, path in modules().items():
        uses = {name for name in imports(path) if name.split(".")[0] in ("jax", "optax")}
        if uses:
            assert part(module) in JAX_PARTS, module


def imported_by(*arguments: str) -> set[str]:
    """The modules that a command imports, which must succeed."""
    code = (
        "import sys\n"
        "from chaoscad.cli.main import status\n"
        f"code = status({list(arguments)!r})\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)\n"
        "sys.exit(code)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(result.stderr.split())


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["optimize", "--help"], ["export", "--help"]]
)
def test_help_imports_nothing_heavy(arguments):
    heavy = {"jax", "numpy", "scipy", "pydantic", "rich", "yaml", "matplotlib"}
    assert not imported_by(*arguments) & heavy


def test_check_imports_no_numerics():
    loaded = imported_by("check", str(ROOT / "netlists" / "full_adder.yaml"))
    assert not loaded & {"jax", "numpy", "scipy", "rich", "matplotlib"}


def test_show_of_a_netlist_imports_no_jax():
    loaded = imported_by("show", str(ROOT / "netlists" / "full_adder.yaml"))
    assert "jax" not in loaded


DESIGN = str(ROOT / "tests" / "data" / "designs" / "full_adder.json")


@pytest.mark.parametrize(
    "arguments",
    [
        ["optimize", str(ROOT / "netlists" / "two_input_functions.yaml"), "-o", "{}/a.json"],
        ["optimize", str(ROOT / "netlists" / "full_adder.yaml"), "-o", "{}/a.json"],
        ["map", str(ROOT / "netlists" / "adder4.blif"), "-o", "{}/a.yaml"],
        ["verify", DESIGN],
        ["show", DESIGN],
        ["export", DESIGN, "--target", "c", "-o", "{}/c"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_what_trains_and_integrates_nothing_loads_nothing_that_does(arguments, tmp_path):
    loaded = imported_by(*(word.format(tmp_path) for word in arguments))
    heavy = {"jax", "optax", "diffrax", "matplotlib", "pandas", "networkx"}
    assert not loaded & (heavy | {"scipy.integrate", "scipy.optimize", "scipy.stats"})


def test_importing_the_package_is_light():
    code = "import sys, chaoscad; print('\\n'.join(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in result.stdout.split()}
    assert not loaded & {"jax", "numpy", "scipy", "pydantic", "yaml", "click"}


def test_the_package_offers_what_it_lists():
    import chaoscad

    for name in chaoscad.__all__:
        assert getattr(chaoscad, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        chaoscad.nothing  # noqa: B018


def test_importing_and_solving_leave_jax_s_configuration_alone():
    code = (
        "import jax\n"
        "before = dict(jax.config.values)\n"
        "import chaoscad\n"
        "netlist, _ = chaoscad.parse('chaoscad: 1\\ninputs: [a]\\noutputs: [y]\\n"
        "gates: {y: {inputs: [a], function: NOT}}')\n"
        "assert chaoscad.optimize(netlist).solved\n"
        "assert dict(jax.config.values) == before\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_yield_of_maps_loads_no_integrators_and_tolerances_no_jax():
    code = "import sys; {0}; print('\\n'.join(sys.modules))"
    for imported, absent in (
        ("from chaoscad.robustness import deviations_of", {"jax"}),
        ("from chaoscad.robustness import measure", {"diffrax", "scipy.integrate", "scipy.stats"}),
    ):
        done = subprocess.run(
            [sys.executable, "-c", code.format(imported)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert not absent & set(done.stdout.split())
