"""How help is set."""

from __future__ import annotations

import argparse
import os


class Help(argparse.HelpFormatter):
    """Help as wide as the terminal; argparse would load shutil and all compression to ask for that."""

    def __init__(self, prog: str) -> None:
        try:
            width = os.get_terminal_size().columns
        except OSError:
            width = 80
        super().__init__(prog, width=width - 2)
