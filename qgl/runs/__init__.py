"""Runs on the disk: folders, manifests, checkpoints, atomic writes and locks.

Training, sweeps, jobs and reports use it; it knows models, and nothing of how they are trained.
"""
