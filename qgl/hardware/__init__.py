"""Running circuits on simulators and machines: whoever answers `Samples` from outside of our own kernels.

engine = qgl.hardware.open_engine("aer")
strings = qgl.hardware.run(model, params, engine, shots=4096)
"""

from qgl.hardware.engines.engine import Engine, Payload, RemoteEngine, Status, Strings, Task
from qgl.hardware.engines.table import ENGINES, open_engine
from qgl.hardware.run import run, task_of

__all__ = [
    "ENGINES",
    "Engine",
    "Payload",
    "RemoteEngine",
    "Status",
    "Strings",
    "Task",
    "open_engine",
    "run",
    "task_of",
]
