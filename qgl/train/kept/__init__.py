"""What of compilation is kept for later processes: XLA's part, by JAX's cache, and lowered programs."""

from __future__ import annotations
