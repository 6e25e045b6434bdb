"""Running circuits on simulators and machines: whoever answers `Samples` from outside of our own kernels."""
