"""What a method that moves parameters is: one interface for optimisers that follow the gradient, and for L-BFGS.

A step of training looks at the loss and then moves. A gradient method looks where it stands and moves along its update.
L-BFGS moves while it looks: its line search tries points along a direction until the loss is low enough; what it
leaves for the next step is a new direction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar

import jax
import jax.numpy as jnp

from qgl.train.trainable import Params

Terms = dict[str, jax.Array]
Evaluate = Callable[[Params], tuple[tuple[jax.Array, Terms], Params]]  # loss, terms and gradient at a point


class Look(NamedTuple):
    """Where the parameters stand, with the loss, its terms and its gradient there; `memory` is the method's own.

    `may_plateau` is false while the method goes on to something else by itself, whether the loss falls or not.
    """

    params: Params
    loss: jax.Array
    terms: Terms
    gradient: Params
    memory: Any
    may_plateau: jax.Array | bool = True


class Method(Protocol):
    """A way to move parameters. All functions are traced."""

    def initial(self, params: Params, loss: jax.Array, terms: Terms) -> Any:
        """The memory before the first step; `loss` and `terms` give types and shapes only."""
        ...

    def look(self, params: Params, memory: Any, evaluate: Evaluate, idle: jax.Array) -> Look:
        """The loss where the step begins. If `idle`, the result is not used and little work is done for it."""
        ...

    def move(self, look: Look) -> tuple[Params, Any]:
        """Parameters and memory after the step."""
        ...


Tree = TypeVar("Tree")


def choose(condition: jax.Array, yes: Tree, no: Tree) -> Tree:
    """The arrays of one of two pytrees. Traced."""
    chosen: Tree = jax.tree.map(lambda a, b: jnp.where(condition, a, b), yes, no)
    return chosen
