"""qgl in notebooks: how its objects show themselves, the line that follows a training, and the magics.

Stands above the command line, whose tables it shows; only `qgl.api` and `%load_ext qgl` use it. IPython is an extra.
"""
