"""The imports that a written object needs beyond what every emitted file has (torch, nn, F, math, Tensor)."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

#: A name that texts use, and the line that brings it.
_LINES: Mapping[str, str] = {
    "Callable": "from collections.abc import Callable",
    "DataLoader": "from torch.utils.data import DataLoader",
    "Dataset": "from torch.utils.data import Dataset",
    "Image": "from PIL import Image",
    "Path": "from pathlib import Path",
    "Subset": "from torch.utils.data import Subset",
    "TensorDataset": "from torch.utils.data import TensorDataset",
    "copy": "import copy",
    "csv": "import csv",
    "hashlib": "import hashlib",
    "json": "import json",
    "np": "import numpy as np",
    "random": "import random",
    "random_split": "from torch.utils.data import random_split",
    "shutil": "import shutil",
    "time": "import time",
    "urlopen": "from urllib.request import urlopen",
    "urlretrieve": "from urllib.request import urlretrieve",
    "wave": "import wave",
}


def imports_of(texts: Iterable[str]) -> list[str]:
    """The lines that bring what the texts name and do not define, sorted as ruff sorts them."""
    trees = [ast.parse(text) for text in texts]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    named = {node.id for node in nodes if isinstance(node, ast.Name)}
    made = {node.name for node in nodes if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    made |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    made |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    plain: list[str] = []
    parts: dict[str, list[str]] = {}
    for line in sorted(_LINES[name] for name in named & _LINES.keys() - made):
        module, _, name = line.removeprefix("from ").partition(" import ")
        if line.startswith("from"):
            parts.setdefault(module, []).append(name)
        else:
            plain.append(line)
    return [*plain, *(f"from {module} import {', '.join(names)}" for module, names in parts.items())]
