"""What a sweep gives: the numbers of its points, whoever computes them, and whatever interrupts it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import chaoscad
from chaoscad.cli.main import status
from chaoscad.errors import ChaoscadError, Refused
from chaoscad.robustness import deviations_of, measure
from chaoscad.sweeps import Listener, opened
from chaoscad.workflow import side_by_side

GATE = {
    "chaoscad": 1,
    "system": "logistic",
    "inputs": ["a", "b"],
    "outputs": ["y"],
    "gates": {"y": {"inputs": ["a", "b"], "function": "AND"}},
}
FIXED = {
    **GATE,
    "gates": {
        "y": {
            "inputs": ["a", "b"],
            "function": "AND",
            "fixed": {"x0": 0, "delta": [0.16, 0.16], "threshold": 0.7},
        }
    },
}
GRID = {
    "sweep": 1,
    "netlist": FIXED,
    "axes": {
        "system.a": {"from": 3.5, "to": 4, "count": 40},
        "gates.y.fixed.threshold": {"from": 0.5, "to": 0.9, "count": 40},
    },
}
"""1,600 points that need no search: 34 batches."""


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def text(spec: dict) -> str:
    """A spec as YAML, which JSON is."""
    return json.dumps(spec)


def test_points_have_the_margins_of_optimize():
    results = chaoscad.sweep(
        {
            "sweep": 1,
            "netlist": GATE,
            "axes": {
                "system.a": [3.7, 4, 4.5],
                "gates.y.function": ["AND", "XOR", "XNOR"],
                "defaults.weights": ["independent", "shared"],
            },
            "measures": ["margin", "solved", "bound"],
        },
        workers=0,
    )
    margin = results["margin"]
    for a in (3.7, 4.0):
        at = margin.sel({"system.a": a})
        # Of the literature: a/24 and a/8 with independent weights; a/9 is not reached by AND.
        np.testing.assert_allclose(at[:, 0], [a / 24, a / 8, a / 8], rtol=1e-9)
        # A concave map cannot do XNOR with one weight.
        assert np.isnan(at[2, 1])
    solved = results["solved"].values
    assert solved[:2].sum() == 10
    assert not solved[2].any()
    bound = results["bound"].values[:2]
    found = margin.values[:2]
    assert np.all(np.isnan(found) | ((found <= bound) & (bound <= 1.011 * found)))
    assert set(results["reason"].values[2].ravel()) == {
        "a of logistic is 4.5, outside its range [0, 4]"
    }
    assert (results["status"].values[2] == 2).all()
    assert results["margin"].attrs["units"] == "1"
    assert results.attrs["sweep"]["axes"]["system.a"]["values"] == ["3.7", "4", "4.5"]


def test_measures_of_noise_and_dynamics_and_words():
    netlist = {**FIXED, "hardware": {"tolerance": {"x0": 0.02}, "noise": {"state": 0.02}}}
    results = chaoscad.sweep(
        {
            "sweep": 1,
            "netlist": netlist,
            "axes": {"system.a": [3.9, 4], "hardware.tolerance.x0": ["0.01", "0.03"]},
            "measures": ["yield", "bit_error_rate", "lyapunov", "word_length", "run_time"],
            "settings": {"devices": 2000, "trials": 2000},
        },
        workers=0,
    )
    share, low, high = (results[f"yield{end}"].values for end in ("", "_low", "_high"))
    assert np.all((low <= share) & (share <= high))
    assert (share[:, 0] > share[:, 1]).all()
    assert np.all(results["bit_error_rate"].values > 0)
    np.testing.assert_allclose(results["lyapunov"].sel({"system.a": 4}), np.log(2), atol=2e-3)
    assert results["lyapunov"].attrs["units"] == "nats per iterate"
    assert np.isfinite(results["word_length"].values).all()
    assert "another one in every run" in results["run_time"].attrs["long_name"]


def test_circuits_that_are_trained_are_swept_too():
    netlist = {
        **GATE,
        "gates": {"n": {"inputs": ["a", "b"]}, "y": {"inputs": ["n", "b"]}},
        "targets": {"y": "a & b"},
    }
    spec = {"sweep": 1, "netlist": netlist, "axes": {"seed": [0, 1]}}
    results = chaoscad.sweep(spec, workers=0)
    assert results["solved"].values.all()
    parsed, _ = chaoscad.parse(text(netlist))
    for seed, margin in zip((0, 1), results["margin"].values, strict=True):
        assert chaoscad.optimize(parsed, seed=seed).verification.worst_margin == margin


def test_configurations_are_measured_at_their_worst(tmp_path):
    shipped = Path("netlists/morphing_gate.yaml").read_text()
    (tmp_path / "gate.yaml").write_text(shipped + "hardware: {tolerance: {x0: 0.002}}\n")
    spec = {
        "sweep": 1,
        "netlist": str(tmp_path / "gate.yaml"),
        "axes": {"hardware.tolerance.x0": ["0.002", "0.004"]},
        "measures": ["solved", "margin", "yield"],
        "settings": {"devices": 2000},
    }
    results = chaoscad.sweep(spec, workers=0)
    assert results["solved"].values.all()
    design = chaoscad.reconfigure(chaoscad.load(tmp_path / "gate.yaml"))
    assert results["margin"].values.tolist() == [design.worst_margin] * 2
    whole = side_by_side(design)
    share = measure(whole, deviations_of(whole), devices=2000).yield_
    first, second = results["yield"].values
    assert 0 < second < first == share.value < 1


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """The grid of fixed gates by this process alone."""
    folder = tmp_path_factory.mktemp("whole")
    chaoscad.sweep(GRID, folder / "whole.zarr", workers=0)
    (folder / "grid.yaml").write_text(text(GRID))
    return folder / "whole.zarr"


def test_a_sweep_that_is_whole_is_not_computed_again(whole):
    before = {path: path.stat().st_mtime_ns for path in whole.rglob("*")}
    chaoscad.sweep(GRID, whole, workers=0)
    assert {path: path.stat().st_mtime_ns for path in whole.rglob("*")} == before


def test_a_killed_sweep_goes_on_and_ends_with_the_same_bytes(whole, tmp_path):
    spec, results = whole.parent / "grid.yaml", tmp_path / "cut.zarr"
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "chaoscad",
            "sweep",
            str(spec),
            "-o",
            str(results),
            "--workers",
            "0",
        ],
        stderr=subprocess.DEVNULL,
    )
    chunks = results / "status" / "c"
    while not chunks.exists() or len([path for path in chunks.rglob("*") if path.is_file()]) < 3:
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = {path: path.stat().st_mtime_ns for path in chunks.rglob("*") if path.is_file()}
    assert 3 <= len(before) < 34
    chaoscad.sweep(GRID, results, workers=0)
    assert files(results) == files(whole)
    # What was there is not computed again.
    assert all(path.stat().st_mtime_ns == changed for path, changed in before.items())


def test_processes_give_the_bytes_of_one(whole, tmp_path, capfd):
    spec, results = whole.parent / "grid.yaml", tmp_path / "two.zarr"
    command = [sys.executable, "-m", "chaoscad", "sweep", str(spec), "-o", str(results)]
    done = subprocess.run([*command, "--workers", "2"], capture_output=True, text=True, check=True)
    assert files(results) == files(whole)
    size, dashboard = done.stderr.splitlines()
    assert size == "1600 points in 40 batches"
    assert dashboard.startswith("2 workers; dashboard http://127.0.0.1:")
    lines = done.stdout.splitlines()
    assert lines[0] == "1600 points: system.a (40) x gates.y.fixed.threshold (40)"
    assert lines[-1] == f"written to {results}"


@pytest.mark.slow
def test_an_interrupted_sweep_leaves_no_workers_and_goes_on(whole, tmp_path):
    spec, results = whole.parent / "grid.yaml", tmp_path / "cut.zarr"
    command = [sys.executable, "-m", "chaoscad", "sweep", str(spec), "-o", str(results)]
    process = subprocess.Popen(
        [*command, "--workers", "2"], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    chunks = results / "status" / "c"
    while not chunks.exists() or not any(path.is_file() for path in chunks.rglob("*")):
        assert process.poll() is None
        time.sleep(0.005)
    # To all its processes, as a terminal does.
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate()
    written = int((opened(results)["status"].values == 1).sum())
    assert process.returncode == 130
    assert 0 < written < 1600
    told = "interrupted; {} points of 1600 are written, and the same command goes on from there"
    # A batch may have been written that was not counted yet.
    assert said.splitlines()[2:] in [["", told.format(written - late)] for late in (0, 40)]
    deadline = time.monotonic() + 5
    while subprocess.run(["pgrep", "-s", str(process.pid)], capture_output=True).returncode == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    subprocess.run([*command, "--workers", "0"], capture_output=True, check=True)
    assert files(results) == files(whole)


def test_results_of_another_sweep_are_kept_and_the_difference_is_told(whole):
    other = {**GRID, "axes": {**GRID["axes"], "system.a": {"from": 3.5, "to": 4, "count": 41}}}
    other |= {"measures": ["margin"]}
    before = files(whole)
    with pytest.raises(Refused) as refused:
        chaoscad.sweep(other, whole, workers=0)
    assert str(refused.value) == (
        f"{whole}: error: the folder holds the results of another sweep: axes.system.a.values is 40 values "
        'from 3.5 to 4 there and 41 values from 3.5 to 4 here; measures is ["solved", "margin"] there '
        'and ["margin"] here; -o chooses another name, or remove the folder'
    )
    assert files(whole) == before


def test_what_is_no_folder_of_results_is_left_alone(tmp_path):
    (tmp_path / "mine.zarr").mkdir()
    with pytest.raises(ChaoscadError) as refused:
        chaoscad.sweep(GRID, tmp_path / "mine.zarr", workers=0)
    assert str(refused.value) == (
        f"{tmp_path}/mine.zarr: error: this is not a folder of results of chaoscad sweep; -o chooses "
        "another name"
    )
    with pytest.raises(ChaoscadError, match=r"results are a folder NAME.zarr or a file NAME.nc"):
        chaoscad.sweep(GRID, tmp_path / "results", workers=0)


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A file system of 200 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user cannot mount a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_stops_a_sweep_and_what_is_written_stays(small_disk):
    results = small_disk / "r.zarr"
    with pytest.raises(ChaoscadError) as refused:
        chaoscad.sweep(GRID, results, workers=0)
    assert str(refused.value) == (
        f"{results}: error: cannot write the results: no space left on device; what was written is whole; "
        "make room, and the same command goes on from there"
    )
    status = opened(results)["status"].values
    assert 0 < (status == 1).sum() < status.size


def test_netcdf_holds_the_same_numbers(whole, tmp_path):
    path = tmp_path / "results.nc"
    results = chaoscad.sweep(GRID, path, workers=0)
    assert [one.name for one in tmp_path.iterdir()] == ["results.nc"]
    np.testing.assert_array_equal(results["margin"], opened(whole)["margin"])
    np.testing.assert_array_equal(results["system.a"], opened(whole)["system.a"])
    before = path.read_bytes()
    chaoscad.sweep(GRID, path, workers=0)
    with pytest.raises(Refused, match=r"the file holds the results of another sweep: measures is"):
        chaoscad.sweep({**GRID, "measures": ["margin"]}, path, workers=0)
    assert path.read_bytes() == before
    mine = tmp_path / "mine.nc"
    mine.write_text("mine")
    with pytest.raises(ChaoscadError) as refused:
        chaoscad.sweep(GRID, mine, workers=0)
    assert str(refused.value) == (
        f"{mine}: error: this holds no results of chaoscad sweep; -o chooses another name"
    )
    assert mine.read_text() == "mine"


def test_damaged_results_are_told_by_whatever_reads_them(whole, tmp_path, capsys):
    for kept, damage, fault in (
        ("status/zarr.json", None, "they have no array 'status'"),
        ("margin/c/0/0", b"mine", "Zstd decompression error: invalid input data"),
    ):
        results = tmp_path / "r.zarr"
        shutil.copytree(whole, results)
        path = results / kept
        shutil.rmtree(path.parent) if damage is None else path.write_bytes(damage)
        for command in ("plot", "report"):
            assert (
                status(
                    [
                        command,
                        str(results),
                        "-o",
                        str(tmp_path / f"r.{'svg' if command == 'plot' else 'html'}"),
                    ]
                )
                == 1
            )
            assert capsys.readouterr().err == (
                f"{results}: error: the results are damaged: {fault}; remove it, and chaoscad sweep makes "
                "it again\n"
            )
        shutil.rmtree(results)


def test_the_command_says_what_failed(tmp_path, capsys):
    spec = {**GRID, "axes": {"system.a": [3.9, 5], "gates.y.fixed.threshold": [0.7]}}
    (tmp_path / "s.yaml").write_text(text(spec))
    output = tmp_path / "r.zarr"
    assert status(["sweep", str(tmp_path / "s.yaml"), "-o", str(output)]) == 0
    said = capsys.readouterr()
    assert said.err == (
        f"{tmp_path}/s.yaml:1:251: warning: a of logistic is 5, outside its range [0, 4]; its points are "
        "recorded as failed\n2 points in 1 batch\n"
    )
    assert said.out == (
        "2 points: system.a (2) x gates.y.fixed.threshold (1)\nsolved: 1\nmargins: 0.1486 to 0.1486\n"
        f"failed: 1 (a of logistic is 5, outside its range [0, 4])\nwritten to {output}\n"
    )


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A Dask scheduler with two workers, each a process that was started by hand."""
    folder = tmp_path_factory.mktemp("cluster")
    address = folder / "scheduler.json"
    options = ["--scheduler-file", str(address), "--no-dashboard"]
    dask = [sys.executable, "-m", "dask"]
    quiet = {"stderr": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    processes = [subprocess.Popen([*dask, "scheduler", *options, "--port", "0"], **quiet)]
    worker = [*dask, "worker", *options, "--nthreads", "1", "--no-nanny"]
    processes += [subprocess.Popen(worker, **quiet) for _ in range(2)]
    try:
        while not address.exists():
            time.sleep(0.05)
        there = json.loads(address.read_text())["address"]
        from distributed import Client

        with Client(there) as client:
            client.wait_for_workers(2, timeout=120)
        yield there, processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_scheduler_elsewhere_gives_the_same_bytes_though_a_worker_is_killed(
    whole, tmp_path, cluster
):
    address, workers = cluster
    chaoscad.sweep(GRID, tmp_path / "far.zarr", scheduler=address)
    assert files(tmp_path / "far.zarr") == files(whole)

    class Killer(Listener):
        def advanced(self, points: int) -> None:
            if workers[0].poll() is None:
                workers[0].kill()

    chaoscad.sweep(GRID, tmp_path / "cut.zarr", scheduler=address, listener=Killer())
    assert files(tmp_path / "cut.zarr") == files(whole)


def test_a_scheduler_that_does_not_answer_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("chaoscad.engine.PATIENCE", 0.5)
    with pytest.raises(ChaoscadError) as refused:
        chaoscad.sweep(GRID, tmp_path / "r.zarr", scheduler="tcp://127.0.0.1:9")
    assert str(refused.value) == (
        "error: no scheduler answers at tcp://127.0.0.1:9; 'dask scheduler' starts one and tells its address"
    )
    with pytest.raises(ChaoscadError) as refused:
        chaoscad.sweep(GRID, tmp_path / "r.zarr", scheduler="tcp://127.0.0.1:9", workers=2)
    assert (
        str(refused.value)
        == "error: the workers of a scheduler are its own; leave out their number"
    )
