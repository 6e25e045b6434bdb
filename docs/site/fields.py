"""Docstrings as pages of the API read them: an extension of griffe, which mkdocstrings reads the package with."""

from __future__ import annotations

from typing import Any

from griffe import Extension, Object
from markdown_of import sectioned  # which stands beside this file; the hooks of the site have imported it


class Fields(Extension):
    """Turns columns of fields into `Attributes:`."""

    def on_instance(self, *, obj: Object, **_: Any) -> None:
        """Rewrites the docstring of a class or a function as it is found."""
        if obj.docstring is not None and (obj.is_class or obj.is_function):
            obj.docstring.value = sectioned(obj.docstring.value)
