"""How large a mixture over latent inputs may be."""

from __future__ import annotations

import pytest

from tests.check.checking import pointed, program


def text(latents: str) -> str:
    return f"visible v[2];\n{latents}\nmodel {{ ry(z[0]) v; }}\n"


@pytest.mark.parametrize(
    "latents",
    [
        "latent z[30] ~ bernoulli(0.5);",
        "latent z[100] ~ bernoulli(0.5);",
        "latent z[11] ~ bernoulli(0.5); latent y ~ normal(0, 1) draws 1000;",
        "latent z[2] ~ normal(0, 1) draws 1000; latent y ~ normal(0, 1) draws 1999;",
    ],
)
def test_too_many_elements_are_refused(latents: str) -> None:
    assert "QGL0803" in [code for code, _ in pointed(text(latents))]


def test_a_million_elements_are_not() -> None:
    assert program(text("latent z[20] ~ bernoulli(0.5);")).parameters[0].size == 20
