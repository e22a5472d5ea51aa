"""What fits find: the logistic parameter, the margins of a smoothed curve, rho of the Lorenz flow.

The three-transistor curve is measured up and down, 2 % of its 1.2 V apart, at 121 inputs each, with
noise; the margins are the greatest ones with shared weights. Of the Lorenz flow only x is measured.
"""

from pathlib import Path

import numpy as np
from scipy.integrate import solve_ivp

import chaoscad
from chaoscad.feasibility import survey
from chaoscad.fitting import Record, fit_curve, fit_map, fit_record
from chaoscad.fitting.system import free_parameters
from chaoscad.systems import Setting, curve_setting, read_curve, setting
from chaoscad.systems.curve_file import read_sweeps

DRAWS = 1000


def logistic() -> None:
    start = setting("logistic", a=3.0)
    free = free_parameters(start, None)
    near = []
    for seed in range(DRAWS):
        random = np.random.default_rng(seed)
        x = random.uniform(0, 1, 200)
        y = 3.8 * x * (1 - x) + 0.01 * random.standard_normal(200)
        found = fit_map(start, x, y, free)
        near.append(abs(found.parameters["a"] - 3.8) <= 2 * found.errors["a"])
    print("| logistic, a = 3.8, sigma 0.01, 200 points | a within two standard errors |")
    print("|---|---|")
    print(f"| the first 100 draws | {sum(near[:100])} of 100 |")
    print(f"| {DRAWS} draws | {sum(near)} of {DRAWS} |\n")


def margins(curve: object) -> list[float]:
    tables = [chaoscad.TruthTable(rows) for rows in ("0001", "0111")]
    return [cell.answer.lower for cell in survey(curve, tables, ("shared",), (1,))]  # type: ignore[arg-type]


def three_transistor() -> None:
    path = Path(__file__).parent.parent / "netlists" / "three_transistor_curve.csv"
    true = curve_setting(read_curve(path.read_text(), "core.csv"))
    wanted = margins(true)
    x = np.linspace(0, 1.2, 121)
    print(
        "| three-transistor curve, noise | noise found | hysteresis found | AND | OR | greatest error |"
    )
    print("|---|---|---|---|---|---|")
    for sigma in (0.002, 0.005, 0.01):
        errors, noises, widths = [], [], []
        for seed in range(20):
            random = np.random.default_rng(seed)
            up, down = (
                true.value(np.clip(x + side * 0.012, 0, 1.2)) + sigma * random.standard_normal(121)
                for side in (-1, 1)
            )
            rows = np.stack([[*x, *x[::-1]], [*up, *down[::-1]]], axis=1).tolist()
            text = "v_in (V),v_out (V)\n" + "".join(f"{a!r},{b!r}\n" for a, b in rows)
            found = fit_curve(read_sweeps(text, "scope.csv"), "scope.csv", "mean")
            errors.append([a / b - 1 for a, b in zip(margins(found.setting), wanted, strict=True)])
            noises.append(found.noise)
            widths.append(found.hysteresis.width if found.hysteresis else 0.0)
        worst = np.abs(errors).max(0)
        mean = np.mean(errors, axis=0)
        print(
            f"| {sigma} V | {np.mean(noises):.4f} V | {np.mean(widths):.4f} V | {100 * mean[0]:+.2f} % "
            f"| {100 * mean[1]:+.2f} % | {100 * worst.max():.2f} % |"
        )
    print()


def least_error(system: Setting, start: np.ndarray, times: np.ndarray, sigma: float) -> float:
    """The Cramér-Rao bound of rho's standard error, its start unknown: by the variational equations of x."""
    sigma_, rho, beta = (system.parameters[name] for name in ("sigma", "rho", "beta"))

    def field(_: float, run: np.ndarray) -> np.ndarray:
        (x, y, z), slopes = run[:3], run[3:].reshape(3, 4)
        jacobian = np.array([[-sigma_, sigma_, 0], [rho - z, -1, -x], [y, x, -beta]])
        moved = jacobian @ slopes
        moved[1, 0] += x
        rate = sigma_ * (y - x), x * (rho - z) - y, x * y - beta * z
        return np.concatenate([rate, moved.ravel()])

    begin = np.concatenate([start, np.eye(3, 4, 1).ravel()])
    found = solve_ivp(field, (0, times[-1]), begin, t_eval=times, rtol=1e-10, atol=1e-10)
    slopes = found.y[3:7].T
    return sigma * float(np.sqrt(np.linalg.inv(slopes.T @ slopes)[0, 0]))


def lorenz() -> None:
    print(
        "| Lorenz, x over 2 units of time | greatest error of rho | within two standard errors "
        "| root mean square of error / Cramér-Rao bound | standard error / bound, median |"
    )
    print("|---|---|---|---|---|")
    for noise in (0.01, 0.02, 0.05):
        errors, near, ratios, told = [], [], [], []
        for seed in range(40):
            random = np.random.default_rng(seed)
            rho = random.uniform(28, 45)
            system = setting("lorenz", rho=rho)
            start = np.array([0, 0, 25]) + random.uniform(-8, 8, 3)
            times = np.arange(201) / 100

            def field(t: float, y: np.ndarray, system=system) -> np.ndarray:
                return np.array(system.system.field(np, t, tuple(y), system.parameters))  # type: ignore[union-attr]

            x = solve_ivp(field, (0, 2), start, t_eval=times, rtol=1e-10, atol=1e-10).y[0]
            bound = least_error(system, start, times, noise * x.std())
            x = x + noise * x.std() * random.standard_normal(201)
            found = fit_record(setting("lorenz"), Record(times, x[:, None], (0,)), ["rho"])
            errors.append(abs(found.parameters["rho"] / rho - 1))
            near.append(abs(found.parameters["rho"] - rho) <= 2 * found.errors["rho"])
            ratios.append((found.parameters["rho"] - rho) / bound)
            told.append(found.errors["rho"] / bound)
        print(
            f"| noise of {100 * noise:g} % | {100 * max(errors):.2f} % | {sum(near)} of 40 "
            f"| {np.sqrt(np.mean(np.square(ratios))):.2f} | {np.median(told):.2f} |"
        )


def iterates() -> None:
    print(
        "\n| 200 iterates of the logistic map, a = 3.8 | greatest error of a | within two standard errors |"
    )
    print("|---|---|---|")
    for noise in (0.01, 0.03):
        errors, near = [], []
        for seed in range(20):
            random = np.random.default_rng(seed)
            x = [random.uniform(0.2, 0.9)]
            for _ in range(249):
                x.append(3.8 * x[-1] * (1 - x[-1]))
            record = np.array(x[50:])
            record = record + noise * record.std() * random.standard_normal(200)
            found = fit_record(
                setting("logistic", a=3.7), Record(np.arange(200.0), record[:, None], (0,))
            )
            errors.append(abs(found.parameters["a"] / 3.8 - 1))
            near.append(abs(found.parameters["a"] - 3.8) <= 2 * found.errors["a"])
        print(f"| noise of {100 * noise:g} % | {100 * max(errors):.3f} % | {sum(near)} of 20 |")


if __name__ == "__main__":
    logistic()
    three_transistor()
    lorenz()
    iterates()
