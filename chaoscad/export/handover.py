"""The folder of an export, written whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaoscad.design import dumps
from chaoscad.design.model import Design
from chaoscad.design.reconfigurable import Reconfigurable, chosen
from chaoscad.errors import ChaoscadError, Diagnostic, Refused, counted, nearest, shown
from chaoscad.evidence import Evidence
from chaoscad.export import EXPORTERS
from chaoscad.export.model import CheckLog, Export
from chaoscad.export.target import Exporter, P, Reconfiguring, options_of
from chaoscad.files import lines_of, read_bytes

DESIGN = "design.json"
NAMES = "names.csv"
LOG = "check.log"
SUMS = "SHA256SUMS"
"""What an export wrote, for `sha256sum -c`; `--force` replaces these files and no others."""

_SUM = re.compile(r"[0-9a-f]{64}  .+")
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\[\]]*")


@dataclass(frozen=True)
class HandOver:
    """A folder that was written; `log` is that of its check, if there was one.

    `wrong` and `warnings` are those of the export: a folder with `wrong` rows is no success.
    """

    folder: str
    files: tuple[str, ...]
    log: CheckLog | None = None
    wrong: tuple[Diagnostic, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def right(self) -> bool:
        """Whether no row is known to be wrong, by the numbers or by the check."""
        return not self.wrong and (self.log is None or self.log.passed)


def hand_over(
    exporter: Exporter[P],
    plan: P,
    folder: str | os.PathLike[str],
    *,
    check: bool = False,
    force: bool = False,
) -> HandOver:
    """Write what an exporter has prepared into a folder, with the design, a README and the names.

    Everything is written, and checked, in a temporary folder beside it, which is then renamed.

    **Arguments:**

    - `check`: whether to run the real tool; its log goes into the folder, whatever it says.
    - `force`: whether to replace a folder that an export wrote and that holds nothing else.

    **Raises:** `ToolMissing`, and `ChaoscadError` for a folder that cannot be written or holds other
    files; then nothing is written.
    """
    check_folder(folder, force=force)
    export, design = exporter.export(plan), plan.design
    target = Path(folder).absolute()
    files = {**export.files, DESIGN: dumps(design), NAMES: names_table(export, design)}
    log: CheckLog | None = None
    try:
        made = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name[:64]}."))
    except OSError as error:
        raise _cannot(folder, error) from None
    try:
        _write(made, files)
        if check:
            log = exporter.check(plan, export, made)
            if export.wrong and log.passed:
                text = "".join(f"{item.message}\n" for item in export.wrong)
                log = CheckLog(False, log.text + text, log.rows)
            _keep_only(made, files)
            files[LOG] = log.text
            _write(made, {LOG: log.text})
        files[SUMS] = sums(files)
        _write(made, {SUMS: files[SUMS]})
        umask = os.umask(0)
        os.umask(umask)
        made.chmod(0o777 & ~umask)
        _replace(made, target)
    except OSError as error:
        raise _cannot(folder, error) from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return HandOver(os.fspath(folder), tuple(sorted(files)), log, export.wrong, export.warnings)


def export(
    design: Design | Reconfigurable,
    target: str,
    folder: str | os.PathLike[str],
    *,
    configuration: str | None = None,
    check: bool = False,
    force: bool = False,
    **options: Any,
) -> HandOver:
    """Verify a design, in every configuration that it has, and export it into a folder.

    **Arguments:**

    - `target`: verilog, spice, c, table or blif.
    - `configuration`: the one that is exported alone; without it, all are in one form.
    - `check`, `force`: as for `hand_over`.
    - `options`: those of the target by their names, such as `form="pipelined"`; what is not given is
      as the design's netlist says under `hardware`.

    **Raises:** as `hand_over`; `ChaoscadError` for an unknown target or option, and `Refused` for a
    design that the target refuses or that does not verify.
    """
    if target not in EXPORTERS:
        hint = nearest(target, EXPORTERS) or "the targets are " + ", ".join(EXPORTERS)
        raise ChaoscadError(Diagnostic(f"there is no target {shown(target)}", hint=hint))
    if configuration is not None:
        design = chosen(design, configuration)
    exporter = EXPORTERS[target]
    check_folder(folder, force=force)
    if isinstance(design, Reconfigurable):
        plan = _prepared(exporter, design, options)
    else:
        evidence = Evidence(design)
        plan = exporter.prepare(evidence, options_of(exporter, design, **options))
        _require_right(evidence.verification.findings())
    return hand_over(exporter, plan, folder, check=check, force=force)


def _prepared(exporter: Exporter[Any], design: Reconfigurable, options: Mapping[str, Any]) -> Any:
    """What a target made of all configurations, each of which is verified."""
    if not isinstance(exporter, Reconfiguring):
        having = [name for name, one in EXPORTERS.items() if isinstance(one, Reconfiguring)]
        count = counted(len(design.configurations), "configuration")
        hint = (
            f"targets that have: {', '.join(having) or 'none'}; --configuration NAME exports one of "
            f"{', '.join(design.configurations)}"
        )
        raise ChaoscadError(
            Diagnostic(f"the target {exporter.name} has no form for {count}", hint=hint)
        )
    evidence = {name: Evidence(one) for name, one in design.configurations.items()}
    asked = options_of(exporter, _first(design), **options)
    plan = exporter.prepare_configurations(evidence, design, asked)
    found = list(design.differences)
    for name, one in evidence.items():
        found += [f"in configuration {name!r}: {item}" for item in one.verification.findings()]
    _require_right(found)
    return plan


def _require_right(findings: Sequence[str]) -> None:
    hint = "chaoscad verify says what is wrong; only a design that is right is exported"
    if findings:
        raise Refused([Diagnostic(item, hint=hint) for item in findings[:20]])


def _first(design: Design | Reconfigurable) -> Design:
    """A design, or that of its first configuration: the nets are the same in all."""
    return design if isinstance(design, Design) else next(iter(design.configurations.values()))


def check_folder(folder: str | os.PathLike[str], *, force: bool = False) -> None:
    """Refuse a folder that `hand_over` would not write, before any work is done.

    **Raises:** `ChaoscadError`.
    """
    target, name = Path(folder), os.fspath(folder)
    try:
        _check_folder(target, name, force)
    except (OSError, ValueError) as error:
        raise _cannot(folder, error) from None


def _check_folder(target: Path, name: str, force: bool) -> None:
    if not name or "\0" in name or target.absolute() == Path(target.absolute().anchor):
        raise ChaoscadError(Diagnostic("this cannot be the folder of an export", name))
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        what = "a link" if target.is_symlink() else "a file"
        hint = "choose another -o"
        raise ChaoscadError(Diagnostic(f"cannot write the folder: it is {what}", name, hint=hint))
    parent = target.absolute().parent
    if not parent.is_dir():
        message = f"cannot write the folder: {str(target.parent)!r} is not a folder"
        raise ChaoscadError(Diagnostic(message, name, hint="create it, or choose another -o"))
    if not os.access(parent, os.W_OK):
        message = f"cannot write the folder: no permission to write in {str(target.parent)!r}"
        raise ChaoscadError(Diagnostic(message, name))
    if not target.is_dir():
        return
    if Path.cwd().is_relative_to(target.resolve()):
        message = "cannot write the folder: it holds the working folder"
        raise ChaoscadError(Diagnostic(message, name, hint="choose another -o"))
    found = sorted(item.name for item in target.iterdir())
    if found and not force:
        some = ", ".join(found[:4]) + (", ..." if len(found) > 4 else "")
        message = f"the folder exists and holds files: {some}"
        hint = "--force replaces it, -o chooses another folder"
        raise ChaoscadError(Diagnostic(message, name, hint=hint))
    if not found:
        return
    if not (target / SUMS).is_file():
        message = f"the folder holds no {SUMS}, so it is not one that an export wrote"
        hint = "--force replaces only such folders; choose another -o"
        raise ChaoscadError(Diagnostic(message, name, hint=hint))
    listed = lines_of(read_bytes(target / SUMS).decode("utf-8", "replace"))
    own = {SUMS} | {line[66:] for line in listed if _SUM.fullmatch(line)}
    foreign = sorted(
        path.relative_to(target).as_posix()
        for path in target.rglob("*")
        if (path.is_symlink() or not path.is_dir())
        and path.relative_to(target).as_posix() not in own
    )
    if foreign:
        some = ", ".join(foreign[:4]) + (", ..." if len(foreign) > 4 else "")
        message = f"the folder holds files that no export wrote: {some}"
        raise ChaoscadError(Diagnostic(message, name, hint="move them, or choose another -o"))


def sums(files: Mapping[str, str]) -> str:
    """The SHA-256 of every file, as `sha256sum -c` reads it."""
    return "".join(
        f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n"
        for name, text in sorted(files.items())
    )


def names_table(export: Export, design: Design | Reconfigurable) -> str:
    """The name of every net in the design and in the export, as CSV.

    A name that is not plain stands as a JSON string, in double quotes and in ASCII.
    """
    netlist = design.netlist
    outputs = frozenset(netlist.outputs)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["design", "export", "kind"])
    for name in [*netlist.inputs, *(gate.name for gate in _first(design).gates)]:
        kind = "input" if name in netlist.inputs else "gate"
        kind += " and output" if name in outputs else ""
        writer.writerow([plain(name), plain(export.names[name]), kind])
    return stream.getvalue()


def plain(name: str) -> str:
    """A name for a table: itself, or a JSON string where it has other than plain characters."""
    return name if _PLAIN.fullmatch(name) else json.dumps(name)


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def _keep_only(folder: Path, files: Iterable[str]) -> None:
    """Remove what a tool left behind."""
    kept = {folder / name for name in files}
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if not any(path in item.parents for item in kept):
                path.rmdir()
        elif path not in kept:
            path.unlink()


def _replace(made: Path, target: Path) -> None:
    """Put a folder in the place of another, which comes back when that fails."""
    if not target.exists():
        made.rename(target)
        return
    old = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name[:64]}.old."))
    old.rmdir()
    target.rename(old)
    try:
        made.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _cannot(folder: str | os.PathLike[str], error: Exception) -> ChaoscadError:
    reason = getattr(error, "strerror", None) or str(error)
    return ChaoscadError(
        Diagnostic(f"cannot write the folder: {reason.lower()}", os.fspath(folder))
    )
