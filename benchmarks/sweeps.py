"""Sweeps: 10,000 points of maps, a grid of Lorenz gates, kills, workers, schedulers, a million points.

`python benchmarks/sweeps.py [PART ...]`; the parts are `maps loop lorenz kill workers scheduler million`,
all of them by default. Every part prints seconds of the clock, seconds of CPU of all its processes, and
how busy the machine was besides (its load before the part): on a machine that others use, the CPU is what
counts.
"""

from __future__ import annotations

import hashlib
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

SIX = ["AND", "OR", "XOR", "NAND", "NOR", "XNOR"]
COMMAND = [sys.executable, "-m", "chaoscad"]

GATE = {
    "chaoscad": 1,
    "name": "gate",
    "system": "logistic",
    "inputs": ["a", "b"],
    "outputs": ["y"],
    "gates": {"y": {"inputs": ["a", "b"], "function": "AND"}},
}

MAPS = {
    "sweep": 1,
    "netlist": GATE,
    "axes": {
        "defaults.iterates": [1, 2, 3, 4],
        "defaults.weights": ["independent", "shared"],
        "gates.y.function": SIX,
        "system.a": {"from": 3.5, "to": 3.99, "count": 209},
    },
}
"""4 x 2 x 6 x 209 = 10,032 points."""

LORENZ = {
    "sweep": 1,
    "netlist": {**GATE, "system": {"name": "lorenz"}},
    "axes": {
        "system.time": [0.25, 0.5, 0.75, 1.0],
        "system.rho": {"from": 10, "to": 28, "count": 19},
        "gates.y.function": SIX,
    },
}

FIXED = {
    "sweep": 1,
    "netlist": {
        **GATE,
        "gates": {
            "y": {
                "inputs": ["a", "b"],
                "function": "AND",
                "fixed": {"x0": 0, "delta": [0.16, 0.16], "threshold": 0.7},
            }
        },
    },
    "axes": {
        "system.a": {"from": 3.5, "to": 4, "count": 1000},
        "gates.y.fixed.threshold": {"from": 0.5, "to": 0.9, "count": 1000},
    },
}


def written(folder: Path, name: str, spec: dict) -> Path:
    """A spec as a file."""
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False))
    return path


def digest(results: Path) -> str:
    """All bytes of a folder of results."""
    found = hashlib.sha256()
    for path in sorted(results.rglob("*")):
        if path.is_file():
            found.update(str(path.relative_to(results)).encode() + path.read_bytes())
    return found.hexdigest()[:16]


def run(spec: Path, results: Path, *options: str) -> tuple[float, float]:
    """Seconds of the clock and of CPU of one sweep, all processes together."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(
        [*COMMAND, "sweep", str(spec), "-o", str(results), *options],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu


def maps(folder: Path) -> None:
    spec = written(folder, "maps", MAPS)
    wall, cpu = run(spec, folder / "maps.zarr")
    print(f"10,032 points on the logistic map: {wall:.0f} s, {cpu:.0f} s of CPU")


def loop(folder: Path) -> None:
    """A part of the same points by a process of `chaoscad optimize` each."""
    chosen = random.Random(0)
    seconds: list[float] = []
    busy: list[float] = []
    for number in range(12):
        axes = {name: values for name, values in MAPS["axes"].items() if name != "system.a"}
        point = {name: chosen.choice(values) for name, values in axes.items()}
        a = round(chosen.uniform(3.5, 3.99), 4)
        netlist = {
            **GATE,
            "system": {"name": "logistic", "a": a},
            "defaults": {
                "iterates": point["defaults.iterates"],
                "weights": point["defaults.weights"],
            },
            "gates": {"y": {"inputs": ["a", "b"], "function": point["gates.y.function"]}},
        }
        path = written(folder, f"one{number}", netlist)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        subprocess.run(
            [*COMMAND, "optimize", str(path), "-o", str(path.with_suffix(".design.json"))],
            capture_output=True,
            check=False,
        )
        seconds.append(time.perf_counter() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        busy.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    mean, cpu = sum(seconds) / len(seconds), sum(busy) / len(busy)
    print(f"chaoscad optimize, {len(seconds)} of them: {mean:.2f} s a point, {cpu:.2f} s of CPU")


def lorenz(folder: Path) -> None:
    spec = written(folder, "lorenz", LORENZ)
    wall, cpu = run(spec, folder / "lorenz.zarr")
    print(f"456 Lorenz gates: {wall:.0f} s, {cpu:.0f} s of CPU")
    subprocess.run(
        [
            *(*COMMAND, "plot", str(folder / "lorenz.zarr"), "-o", str(folder / "lorenz.svg")),
            *("--x", "system.rho", "--y", "system.time", "--panels", "gates.y.function"),
        ],
        check=True,
    )


def kill(folder: Path) -> None:
    """SIGKILL in the middle, then again: the same bytes, and nothing that was written is asked again."""
    small = {**FIXED, "axes": {**FIXED["axes"], "system.a": {"from": 3.5, "to": 4, "count": 100}}}
    spec = written(folder, "kill", small)
    whole, cut = folder / "whole.zarr", folder / "cut.zarr"
    run(spec, whole)
    process = subprocess.Popen(
        [*COMMAND, "sweep", str(spec), "-o", str(cut)], stderr=subprocess.DEVNULL
    )
    chunks = cut / "status" / "c"
    while not chunks.exists() or sum(1 for _ in chunks.rglob("*")) < 12:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = {path: path.stat().st_mtime_ns for path in chunks.rglob("*") if path.is_file()}
    run(spec, cut)
    again = sum(path.stat().st_mtime_ns != changed for path, changed in before.items())
    same = digest(whole) == digest(cut)
    print(f"killed after {len(before)} batches: {again} written again, same bytes: {same}")


def workers(folder: Path) -> None:
    spec = written(folder, "workers", MAPS)
    one = run(spec, folder / "one.zarr", "--workers", "1")
    two = run(spec, folder / "two.zarr", "--workers", "2")
    same = digest(folder / "one.zarr") == digest(folder / "two.zarr")
    print(
        f"1 worker {one[0]:.0f} s ({one[1]:.0f} s of CPU), 2 workers {two[0]:.0f} s "
        f"({two[1]:.0f} s of CPU): {one[0] / two[0]:.2f} times as fast; same bytes: {same}"
    )


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A Dask scheduler with two workers, each a process."""
    address = folder / "scheduler.json"
    options = ["--scheduler-file", str(address)]
    environment = {**os.environ, "DASK_LOGGING__DISTRIBUTED": "critical"}
    dask = [sys.executable, "-m", "dask"]
    processes = [
        subprocess.Popen(
            [*dask, "scheduler", *options, "--port", "0", "--no-dashboard"], env=environment
        )
    ]
    try:
        while not address.exists():
            time.sleep(0.1)
        for _ in range(2):
            processes.append(
                subprocess.Popen(
                    [*dask, "worker", *options, "--nthreads", "1", "--no-nanny", "--no-dashboard"],
                    env=environment,
                )
            )
        yield yaml.safe_load(address.read_text())["address"], processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def scheduler(folder: Path) -> None:
    """An external scheduler with two workers, of which one is killed in the middle."""
    spec = written(
        folder, "scheduler", {**MAPS, "axes": {**MAPS["axes"], "defaults.iterates": [1]}}
    )
    run(spec, folder / "local.zarr")
    for killed in (False, True):
        with cluster(folder) as (address, members):
            time.sleep(5)
            results = folder / f"far{killed}.zarr"
            process = subprocess.Popen(
                [*COMMAND, "sweep", str(spec), "-o", str(results), "--scheduler", address],
                stdout=subprocess.DEVNULL,
            )
            chunks = results / "status" / "c"
            while killed and (not chunks.exists() or sum(1 for _ in chunks.rglob("*")) < 4):
                time.sleep(0.05)
            if killed:
                members[0].kill()
            code = process.wait()
        (folder / "scheduler.json").unlink(missing_ok=True)
        same = digest(folder / "local.zarr") == digest(results)
        what = "one worker killed in the middle" if killed else "external scheduler, 2 workers"
        print(f"{what}: status {code}, same bytes as local workers: {same}")


def million(folder: Path) -> None:
    """A million points that need no search: the memory of the client."""
    spec = written(folder, "million", FIXED)
    process = subprocess.Popen(
        [*COMMAND, "sweep", str(spec), "-o", str(folder / "million.zarr")],
        stdout=subprocess.DEVNULL,
    )
    start, most = time.perf_counter(), 0
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status")
        try:
            line = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM"))
            most = max(most, int(line.split()[1]))
        except (OSError, StopIteration):
            pass
        time.sleep(0.5)
    wall = time.perf_counter() - start
    print(f"1,000,000 points: {wall:.0f} s, memory of the client at most {most // 1024} MiB")


PARTS = (maps, loop, lorenz, kill, workers, scheduler, million)


def main() -> None:
    asked = sys.argv[1:] or [part.__name__ for part in PARTS]
    for part in PARTS:
        if part.__name__ in asked:
            print(f"-- {part.__name__}; load before {os.getloadavg()[0]:.1f}", flush=True)
            with tempfile.TemporaryDirectory() as folder:
                part(Path(folder))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
