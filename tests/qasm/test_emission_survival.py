"""Resets, early measurements and branches arrive in every consumer, as they are or put off."""

from __future__ import annotations

import numpy as np
import pytest

from qgl.qasm import PROFILES
from tests.qasm.consumers import CONSUMERS, Consumer, dumped
from tests.qasm.survival import FATES, kept, text_of
from tests.reference.density import probabilities


@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("consumer", CONSUMERS, ids=str)
def test_it_arrives(consumer: Consumer, fate: str) -> None:
    text = text_of(fate, consumer.profile)
    for same in (text, dumped(text)):
        np.testing.assert_allclose(consumer.distribution(same, {}), probabilities(FATES[fate][0]), atol=1e-9)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_keeps_what_it_says(profile: str) -> None:
    record = PROFILES[profile]
    says = {"`reset`": record.resets, "measured early": record.measures, "`if`": record.branches}
    assert {fate: kept(fate, text_of(fate, profile)) == "kept" for fate in FATES} == says
