"""A published half adder on the Duffing oscillator, and one whose values are the oscillator's own.

Run it with `python examples/04_flows.py`. The published settings were found with Euler's method at a
step of 0.01; a method that converges gives other bits. The same oscillator, read after a time of 2,
is a half adder on whose values every integrator agrees.
"""

import chaoscad

PUBLISHED = """
chaoscad: 1
name: published
system: {name: duffing, time: 10, solver: {method: euler, step: 0.01}}
inputs: [a, b]
outputs: [sum, carry]
gates:
  sum:   {inputs: [a, b], function: XOR, fixed: {x0: 0.31123057, delta: 0.39306459, threshold: 0.24647212}}
  carry: {inputs: [a, b], function: AND, fixed: {x0: 1.28905118, delta: -1.31504023, threshold: 3.41886520}}
"""

OURS = """
chaoscad: 1
name: converged
system: {name: duffing, time: 2}
defaults: {weights: shared}
inputs: [a, b]
outputs: [sum, carry]
gates:
  sum:   {inputs: [a, b], function: XOR}
  carry: {inputs: [a, b], function: AND}
"""


def main() -> None:
    for text in (PUBLISHED, OURS):
        netlist, _ = chaoscad.parse(text)
        design = chaoscad.optimize(netlist, seed=0)
        verification = chaoscad.verify(design)
        print(f"{design.name}: {'verified' if verification.passed else 'refused'}")
        for finding in verification.findings():
            print(f"  {finding}")
        for gate, verdict in zip(design.gates, verification.gates, strict=True):
            convergence = verdict.rows.convergence
            assert convergence is not None
            print(
                f"  {gate.name}: margin {gate.margin:.4f}, {convergence.lyapunov_times:.3f} Lyapunov times"
            )
            for answer in convergence.answers:
                values = "  ".join(f"{value:9.5f}" for value in answer.values)
                print(f"    {answer.how:27} {values}")


if __name__ == "__main__":
    main()
