"""Engines: simulators and services that take circuits and give bit strings back."""
