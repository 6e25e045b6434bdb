"""Work shared between devices. A process has as many host devices as it began with, so the checks have their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.kernels.devices.memory import device_limit
from qgl.kernels.devices.mesh import mapped, sharers

HERE = Path(__file__).parent


@pytest.mark.parametrize("checks", ["mesh_checks.py", pytest.param("mesh_methods_checks.py", marks=pytest.mark.slow)])
def test_on_four_devices(checks: str) -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(HERE / checks)]
    environment = {**os.environ, "JAX_NUM_CPU_DEVICES": "4", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        command, env=environment, cwd=HERE.parents[2], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


class Accelerator:
    """A device with memory of its own."""

    platform = "gpu"

    def memory_stats(self) -> dict[str, int]:
        return {"bytes_limit": 10**11}


def test_plans_for_an_accelerator_fit_into_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    assert device_limit() is None
    monkeypatch.setattr(jax, "local_devices", lambda: [Accelerator()])
    assert device_limit() == 8 * 10**10


def test_without_a_mesh_it_is_vmap() -> None:
    rows = jnp.arange(7.0)
    assert sharers() == 1
    for batch_size in (None, 3):
        np.testing.assert_array_equal(mapped(lambda x: 2 * x, rows, batch_size=batch_size), 2 * rows)
    ours = jax.make_jaxpr(lambda x: mapped(jnp.sin, x))(rows)
    assert str(ours) == str(jax.make_jaxpr(jax.vmap(jnp.sin))(rows))
