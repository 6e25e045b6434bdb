"""Shared by all tests: one compilation cache, no pictures on a screen, the profiles of hypothesis."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.fuzz.found import kept_examples

ROOT = Path(__file__).resolve().parent.parent

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(ROOT / ".cache" / "jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")  # a small one is compiled as fast as read
# Most kernels run for milliseconds here, and LLVM's optimisation, XLA's emitters of fusions (half of what was left) and
# its many modules for one program (a tenth of the rest) would be the dear part of a test. JAX reads these when it is
# imported; JAX_DISABLE_MOST_OPTIMIZATIONS=0 and an empty XLA_FLAGS in the environment compile as users do.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1")
os.environ.setdefault("QGL_CACHE_DIR", str(ROOT / ".cache" / "qgl"))

# The same examples each time, and what falls is told at once; "new", which `make fuzz` takes: other examples each time,
# and what falls is made smaller, which can take minutes, and kept, and tried first by the next run.
settings.register_profile(
    "qgl",
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.register_profile(
    "new", settings.get_profile("qgl"), derandomize=False, phases=tuple(Phase), database=kept_examples("properties")
)
settings.load_profile(os.environ.get("QGL_HYPOTHESIS", "qgl"))


def pytest_collection_finish() -> None:
    """Imported modules and collected tests stay to the end, so that looking through them for garbage is in vain.

    What JAX traces is many small objects: the collector took a tenth of the tests' processor time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a verb says after a second is no part of its output, however slow the machine is that runs the tests."""
    monkeypatch.setattr("qgl.cli.waiting.PATIENCE", 600.0)
