"""What `watch` and `early` mean once checked."""

from __future__ import annotations

from pathlib import Path

from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.program.calls.kernels import Hamming
from qgl.program.calls.reports import KL, MMD
from qgl.program.program import TrainSettings
from qgl.runs.manifest import settings_from_json, settings_to_json
from qgl.source import Source, Span

HEAD = """
visible v[4];
data valid = cardinality(4, 2);
data seen = subset(valid, count = 3);
data unseen = without(valid, seen);
model { ry(?) v; }
objective nll(seen) + 0.5 * mmd(seen, hamming(sigma = 2));
"""


def settings(train: str) -> TrainSettings:
    program, found = diagnose(Source("p", f"{HEAD}report nll(unseen); train {{ {train} }}"), FolderEnvironment(Path()))
    assert program is not None, [(each.code, each.message) for each in found]
    return program.train


def codes(train: str) -> list[str]:
    return [each.code for each in diagnose(Source("p", f"{HEAD} train {{ {train} }}"), FolderEnvironment(Path()))[1]]


def test_reports_take_what_they_leave_out_from_the_objective() -> None:
    found = settings("watch nll, mmd, entropy(v[0..1]), every(7); stop early(kl, patience = 3), target(0.1);")
    early = found.early
    assert early is not None and early.patience == 3
    assert isinstance(early.report, KL) and early.report.data == "seen"
    assert found.every == 7 and [call.name for call in found.watch] == ["nll", "mmd", "entropy"]
    watched = found.watch[1]
    assert isinstance(watched, MMD) and isinstance(watched.kernel, Hamming) and watched.kernel.sigma == (2.0,)
    assert [call.name for call in found.stop] == ["early", "target"]


def test_what_is_watched_twice_is_measured_once_and_early_first() -> None:
    found = settings("watch valid_rate(valid), nll(unseen), nll(unseen); stop early(nll(unseen));").watched
    assert [call.name for call in found] == ["nll", "valid_rate"]
    assert settings("steps 3;").watched == ()
    assert settings("stop early(nll(unseen));").every == 10


def test_settings_survive_the_manifest() -> None:
    found = settings("watch mmd, every(7); stop early(coverage(seen, valid));")
    place = Span(Source("p", ""), 0, 0)
    back = settings_from_json(settings_to_json(found), found, place)
    assert settings_to_json(back) == settings_to_json(found) and len(back.watched) == 2


def test_faults_are_those_of_reports() -> None:
    assert codes("watch nll(nobody);") == ["QGL0201"]
    assert codes("watch fidelity(seen);") == ["QGL0702"]
    assert codes("stop early(entropy(v[0]));") == ["QGL0730"]
    assert codes("watch every(3), every(4), nll;") == ["QGL0706"]
    assert codes("watch every(0), nll;") == ["QGL0703"]
    assert codes("watch nll; watch kl;") == ["QGL0706"]
    assert codes("watch;") != []
