"""What the training loop needs of a model; `qgl.model.Model` has it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import jax

from qgl.program.program import Program

Params = dict[str, jax.Array]


class Trainable(Protocol):
    """A loss over named arrays."""

    @property
    def program(self) -> Program:
        """The checked program; its `train` block holds the default settings."""
        ...

    @property
    def files(self) -> Mapping[str, str]:
        """Texts of the program and its imports, by their path beside the program."""
        ...

    @property
    def precision(self) -> str:
        """ "single" or "double": the type of the parameters and the loss."""
        ...

    @property
    def stochastic(self) -> bool:
        """Whether the loss depends on its key."""
        ...

    @property
    def trainable(self) -> Mapping[str, bool]:
        """For each name of the parameters, whether training moves it; the others stay as drawn, bit for bit."""
        ...

    def init(self, key: jax.Array) -> Params:
        """Parameters drawn from their distributions."""
        ...

    def terms(self, params: Params, key: jax.Array | None = None) -> tuple[jax.Array, dict[str, jax.Array]]:
        """The loss, a scalar, and each of its terms, unweighted. Pure; traced by `jit`, `grad` and `vmap`."""
        ...


class Measured(Protocol):
    """A loss that is made of what someone outside of the compiled program says: an engine's strings.

    A step goes in three parts: `ask`, `measure`, `terms`. All randomness comes from the key.
    """

    def ask(self, params: Params, key: jax.Array) -> Any:
        """Arrays of what a step wants to know; traced."""
        ...

    def measure(self, asked: Any, key: jax.Array) -> Any:
        """Arrays of NumPy that answer it; called on the host.

        Raises:
            QglError: the engine cannot answer.
        """
        ...

    def blank(self) -> Any:
        """Arrays of the shapes that `measure` gives."""
        ...

    def terms(self, params: Params, key: jax.Array, measured: Any) -> tuple[jax.Array, dict[str, jax.Array]]:
        """The loss and its terms as measured; their derivatives by `params` are those that were measured. Traced."""
        ...


def number_type(model: Trainable) -> AbstractContextManager[Any]:
    """Within it, JAX holds numbers in the model's precision; outside, its settings are as before."""
    return jax.enable_x64(True) if model.precision == "double" else nullcontext()
