"""What an earlier port wrote, told from what somebody has edited since by the digests in its report."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from equivalence.errors import Refused, printable
from equivalence.formats.digests import digest

#: A report is read up to this size, in bytes: that of a network of 5,000 layers has two million.
MAX_REPORT = 256 << 20
FORCE = "move it away, or overwrite it with --force (in Python: force=True)"


def check_replaceable(folder: Path, stem: str, names: Iterable[str] = ()) -> None:
    """Raises Refused where a file of the port `stem` is there and is not what its report says was written.

    `names`: of the files that are to be written; left out, those that every port has.
    """
    report = folder / f"{stem}.report.json"
    written = _written(report)
    for name in names or (f"{stem}.py", f"{stem}.safetensors"):
        path = folder / name
        if path.is_file() and (name not in written or digest(path) != written[name]):
            why = "has been edited since it was written" if name in written else "was not written by a port"
            raise Refused(f"{printable(str(path), 400)} {why}: {FORCE}")
    if report.exists() and not written:
        raise Refused(f"{printable(str(report), 400)} is not the report of a port: {FORCE}")


def _written(report: Path) -> dict[str, str]:
    """The digests that a report tells; none where there is no report, or it tells none."""
    try:
        if not report.is_file() or report.stat().st_size > MAX_REPORT:
            return {}
        found: Any = json.loads(report.read_bytes())
    except (ValueError, RecursionError):
        return {}
    files = found.get("files") if isinstance(found, dict) else None
    return files if isinstance(files, dict) else {}
