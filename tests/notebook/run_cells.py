"""Runs the cells of a notebook in an IPython shell, in the folder of the notebook: `python run_cells.py NOTEBOOK`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

if __name__ == "__main__":
    notebook = Path(sys.argv[1]).resolve()
    os.chdir(notebook.parent)
    shell: Any = InteractiveShell.instance()
    for number, cell in enumerate(json.loads(notebook.read_text(encoding="utf-8"))["cells"]):
        if cell["cell_type"] == "code" and not shell.run_cell("".join(cell["source"])).success:
            sys.exit(f"cell {number} fails")
