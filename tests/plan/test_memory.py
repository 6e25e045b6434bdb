"""What may be used: the least of what the system, control groups and limits of the process leave; and what is taken."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from qgl.cli.guard import guarded
from qgl.diagnostics.shortage import lack_of_memory
from qgl.plan import memory
from qgl.plan.memory import FRACTION, PROCESS, available, process_bytes

GB = 10**9


def machine(root: Path, cgroup: str, files: dict[str, str]) -> Path:
    """A machine with 100 GiB free, and these files of the system."""
    free = "MemTotal: 209715200 kB\nMemAvailable: 104857600 kB\n"
    for name, text in {"proc/meminfo": free, "proc/self/cgroup": cgroup, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("cgroup", "files", "left"),
    [
        ("0::/\n", {}, 104857600 * 1024),
        ("0::/a\n", {"a/memory.max": "max\n", "a/memory.current": "5\n"}, 104857600 * 1024),
        ("0::/a/b\n", {"a/b/memory.max": f"{4 * GB}\n", "a/b/memory.current": f"{GB}\n"}, 3 * GB),
        (
            "0::/a/b\n",  # the limit is one further out, and half of what is used are files that nobody holds
            {
                "a/memory.max": f"{4 * GB}\n",
                "a/memory.current": f"{2 * GB}\n",
                "a/memory.stat": f"anon 5\ninactive_file {GB}\n",
                "a/b/memory.max": "max\n",
                "a/b/memory.current": f"{2 * GB}\n",
            },
            3 * GB,
        ),
        (
            "5:cpu,cpuacct:/\n4:memory:/job\n0::/\n",
            {"memory/job/memory.limit_in_bytes": f"{2 * GB}\n", "memory/job/memory.usage_in_bytes": f"{GB // 2}\n"},
            3 * GB // 2,
        ),
        (
            "4:memory:/job/step\n",  # of the first version too, the limit may be one further out
            {
                "memory/job/memory.limit_in_bytes": f"{2 * GB}\n",
                "memory/job/memory.usage_in_bytes": f"{GB}\n",
                "memory/job/memory.stat": f"total_inactive_file {GB // 2}\n",
                "memory/job/step/memory.limit_in_bytes": "9223372036854771712\n",
                "memory/job/step/memory.usage_in_bytes": "5\n",
            },
            3 * GB // 2,
        ),
        (
            "4:memory:/\n",
            {"memory/memory.limit_in_bytes": "9223372036854771712\n", "memory/memory.usage_in_bytes": "5\n"},
            104857600 * 1024,
        ),
        ("0::/a\n", {"a/memory.max": f"{GB}\n", "a/memory.current": f"{2 * GB}\n"}, 0),
    ],
)
def test_control_groups_are_heeded(
    cgroup: str, files: dict[str, str], left: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = machine(tmp_path, cgroup, {f"sys/fs/cgroup/{name}": text for name, text in files.items()})
    monkeypatch.setattr(memory, "_ROOT", root)
    monkeypatch.setattr(memory, "_limits", list)
    assert available() == int(FRACTION * left)


@pytest.mark.skipif(sys.platform == "win32", reason="limits of processes are of Unix")
@pytest.mark.parametrize("limit", ["RLIMIT_AS", "RLIMIT_DATA"])
def test_limits_of_the_process_are_heeded(limit: str) -> None:
    code = (
        f"import resource; resource.setrlimit(resource.{limit}, (10**9, 10**9));"
        "from qgl.plan.memory import available; print(available())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert 0 < int(done.stdout) < FRACTION * 10**9


def test_a_process_takes_python_and_compilation_too() -> None:
    assert process_bytes(0) == PROCESS
    assert process_bytes(GB) == PROCESS + GB


class JaxRuntimeError(RuntimeError):
    """As JAX names its own."""


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        MemoryError("Unable to allocate 64.0 GiB for an array with shape (8589934592,) and data type float64"),
        JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 68719476736 bytes."),
        JaxRuntimeError("INTERNAL: std::bad_alloc"),
        ImportError("libjax_common.so: failed to map segment from shared object"),
        ImportError("Error importing numpy\nOriginal error was: libopenblas.so: cannot allocate memory in static TLS"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("can't start new thread"),
    ],
)
def test_a_failed_allocation_is_an_error_of_size(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    @guarded
    def verb() -> None:
        raise error

    with pytest.raises(typer.Exit) as stopped:
        verb()
    assert stopped.value.exit_code == 1
    assert "QGL0811" in capsys.readouterr().err


def test_other_errors_are_not_lack_of_memory() -> None:
    assert lack_of_memory(ValueError("Out of memory")) == ""
    assert lack_of_memory(JaxRuntimeError("INVALID_ARGUMENT: shapes")) == ""
    assert lack_of_memory(ImportError("No module named 'cma'")) == ""
    assert lack_of_memory(OSError(errno.ENOENT, "No such file")) == ""


def test_lack_of_memory_is_told_where_there_is_none_for_a_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def show(_: object) -> None:
        raise MemoryError

    @guarded
    def verb() -> None:
        raise MemoryError("64.0 GiB")

    monkeypatch.setattr("qgl.diagnostics.render.show", show)
    with pytest.raises(typer.Exit) as stopped:
        verb()
    assert stopped.value.exit_code == 1
    assert capsys.readouterr().err == "error[QGL0811]: not enough memory: 64.0 GiB\n"
