"""A lexer for Pygments, by which documents, notebooks and terminals colour programs: the name is `qgl`."""

from __future__ import annotations

from typing import Any, ClassVar

from pygments.lexer import RegexLexer, bygroups
from pygments.token import (
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

from qgl.editor.vocabulary.keywords import (
    CLAUSE,
    CONSTANT,
    DECLARATION,
    MODIFIER,
    OPERATOR,
    REDUCTION,
    STATEMENT,
    of_kind,
)
from qgl.editor.vocabulary.table import by_kind

NAME = r"[^\W\d][\w\u0300-\u036f]*"
_TOKENS = {"gates": Name.Builtin, "functions": Name.Builtin, "types": Keyword.Type, "constants": Name.Constant}


def _listed(texts: tuple[str, ...], token: Any) -> tuple[str, Any]:
    return rf"\b(?:{'|'.join(texts)})\b", token


class QglLexer(RegexLexer):  # type: ignore[misc]  # Pygments has no types
    """Colours `.qgl` programs."""

    name = "qgl"
    aliases: ClassVar = ["qgl"]
    filenames: ClassVar = ["*.qgl"]
    mimetypes: ClassVar = ["text/x-qgl"]
    url = "https://pypi.org/project/qglc/"
    version_added = ""
    tokens: ClassVar = {
        "root": [
            (r"[\s\ufeff]+", Whitespace),
            (r"//[^\r\n]*", Comment.Single),
            (r"/\*[\s\S]*?\*/", Comment.Multiline),
            (r'"(?:[^"\\\r\n]|\\[^\r\n])*"', String.Double),
            (r"[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9]+)?", Number),
            (rf"(layer|channel)(\s+)({NAME})(?=\s*\()", bygroups(Keyword.Declaration, Whitespace, Name.Function)),
            _listed(of_kind(DECLARATION), Keyword.Declaration),
            _listed(of_kind(OPERATOR), Keyword),
            _listed(of_kind(CONSTANT), Keyword.Constant),
            _listed(of_kind(MODIFIER), Keyword.Pseudo),
            _listed(of_kind(STATEMENT, CLAUSE, REDUCTION), Keyword),
            (rf"({NAME})(\s*)(=)(?!=)", bygroups(Name, Whitespace, Operator)),
            *(_listed(by_kind()[kind], token) for kind, token in _TOKENS.items()),
            (NAME, Name),
            (r"\?", Name.Variable.Magic),
            (r"->|\.\.|\*\*|[=!<>]=|[-+*/%=<>~]", Operator),
            (r"[()\[\]{},:;]", Punctuation),
        ]
    }
