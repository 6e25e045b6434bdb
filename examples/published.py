"""Published figures beside ours: what each folder of a published system shares.

`examples/NAME/published.json` holds the figures of a paper, each with a key, a tag and, where there is one, a target.
`examples/NAME/reproduce.py` measures ours under the same keys; `python -m examples.NAME.reproduce` keeps them in
`docs/systems/NAME.json` with date and machine, and `docs/systems_page.py` sets both side by side.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from qgl.runs.manifest import versions

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "docs" / "systems"
PICTURES = ROOT / "docs" / "pictures"


@dataclass(frozen=True, slots=True)
class Published:
    """A figure as published.

    key       what `reproduce.py` calls it
    what      the quantity, with its unit, in words
    value     None where only a qualitative statement is known; then `text` holds it
    tag       P published, R restated in a later paper, O our own check, M from memory
    at_most   what ours shall not exceed, or `at_least` what it shall reach; both None: told, without a target
    """

    key: str
    what: str
    tag: str
    value: float | None = None
    text: str = ""
    at_most: float | None = None
    at_least: float | None = None

    def reached(self, ours: Ours) -> bool | None:
        """Whether ours meets the target; None without one."""
        if ours.value is None or (self.at_most is None and self.at_least is None):
            return None
        return (self.at_most is None or ours.value <= self.at_most) and (
            self.at_least is None or ours.value >= self.at_least
        )


@dataclass(frozen=True, slots=True)
class Ours:
    """A figure as measured; `low` and `high` are the range over seeds; `note` says what differs, or why."""

    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""

    @classmethod
    def of_seeds(cls, values: list[float], note: str = "") -> Ours:
        """Median and range."""
        return cls(median(values), min(values), max(values), note)


Measure = Callable[[bool], Mapping[str, Ours]]  # whether to be quick -> figures by key


def published(name: str) -> tuple[dict[str, Any], tuple[Published, ...]]:
    """What `examples/NAME/published.json` holds: letter, title, paper; and the figures."""
    content = json.loads((ROOT / "examples" / name / "published.json").read_text(encoding="utf-8"))
    figures = tuple(Published(**figure) for figure in content.pop("figures"))
    return content, figures


def main(name: str, *parts: Measure) -> None:
    """The command line of a `reproduce.py`: the full version, which is kept; or, with `--quick`, a small one, shown.

    Of several parts one can be measured again with `--only NAME`; its figures are then kept with a date of their own.
    """
    parser = argparse.ArgumentParser(prog=f"python -m examples.{name}.reproduce")
    parser.add_argument("--quick", action="store_true", help="a small version in seconds, shown and not kept")
    parser.add_argument("--only", choices=[part.__name__ for part in parts], help="one part of the figures")
    arguments = parser.parse_args()
    quick, only = arguments.quick, arguments.only
    clock = time.monotonic()
    wanted = [part for part in parts if only in (None, part.__name__)]
    ours = {key: figure for part in wanted for key, figure in part(quick).items()}
    seconds = time.monotonic() - clock
    _, figures = published(name)
    unknown = set(ours) - {figure.key for figure in figures}
    if unknown:
        raise ValueError(f"no published figure is called {', '.join(sorted(unknown))}")
    for figure in figures:
        found = ours.get(figure.key)
        print(f"{figure.what}: {figure.value or figure.text} ({figure.tag}), ours {found}")
    if not quick:
        keep(name, ours, seconds, only)


def keep(name: str, ours: Mapping[str, Ours], seconds: float, only: str | None = None) -> None:
    """Writes `docs/systems/NAME.json`; of one part alone its figures, beside the others, and when that was."""
    figures = {key: asdict(figure) for key, figure in ours.items()}
    about: dict[str, Any] = {
        "date": date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load": round(os.getloadavg()[0], 1),
        "versions": versions(),
        "seconds": round(seconds, 1),
    }
    content = about | {"figures": figures}
    if only is not None and (KEPT / f"{name}.json").exists():
        content = json.loads((KEPT / f"{name}.json").read_text(encoding="utf-8"))
        content["figures"] |= figures
        content["parts"] = content.get("parts", {}) | {only: about}
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{name}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def kept(name: str) -> dict[str, Any] | None:
    """What `keep` wrote, its figures as `Ours`; None before the first time."""
    path = KEPT / f"{name}.json"
    if not path.exists():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    content["figures"] = {key: Ours(**figure) for key, figure in content["figures"].items()}
    return content
