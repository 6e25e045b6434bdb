"""The version of qgl."""

__version__ = "0.1.0"
