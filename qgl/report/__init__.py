"""Reports of a model: which queries they plan, what they measure, their tables, pictures and display.

Training, jobs and the command line use it; it knows runs and metrics.
"""
