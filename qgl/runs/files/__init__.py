"""Files that qgl makes: written whole or not at all, never through a link, sealed by checksums.

Runs, sweeps and jobs use it; it knows nothing of what the files are about.
"""
