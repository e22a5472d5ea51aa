"""What every system can do: 23 systems x AND, OR, XOR, NAND, NOR, XNOR, one weight per input.

Run it with `python examples/05_abilities.py`; it prints the matrix and draws it to abilities.png. The
margins of maps are proven to be the best within 1 % (but for maps with jumps, whose bounds do not
close); those of flows are the best found on which independent integrators agree; "no" is a proof.
"""

from chaoscad.feasibility import SIX, survey
from chaoscad.netlist import title
from chaoscad.plot.abilities import draw_abilities
from chaoscad.plot.save import save
from chaoscad.systems import SYSTEMS, setting


def main() -> None:
    print(f"{'':15}" + "".join(f"{title(table):>10}" for table in SIX))
    matrix = {}
    for name in SYSTEMS:
        matrix[name] = list(survey(setting(name), SIX, ("independent",), (1,), boxes=20_000))
        row = ""
        for cell in matrix[name]:
            answer = cell.answer
            text = f"{answer.lower:.4g}" if answer.lower > 0 else "no"
            row += f"{text if answer.verdict != 'undecided' else '?':>10}"
        print(f"{name:15}{row}")
    every = [cell.answer.verdict for cells in matrix.values() for cell in cells]
    print(
        f"{every.count('feasible')} of {len(every)} cells feasible, {every.count('infeasible')} proven "
        f"infeasible, {every.count('undecided')} undecided"
    )
    save(draw_abilities(matrix), "abilities.png")


if __name__ == "__main__":
    main()
