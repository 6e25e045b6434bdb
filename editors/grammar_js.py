"""The grammar for tree-sitter's own generator, as `grammar.js`."""

from __future__ import annotations

import json

from editors.rules import Choice, Optional, Ref, Repeat, Rule, Seq, Text, rules

HEAD = """// Written by `python -m editors.generate` from grammar/qgl.lark; a test holds it in step.

module.exports = grammar({
  name: "qgl",
  word: ($) => $.identifier,
  extras: ($) => [/[ \\t\\r\\n\\f\\v\\uFEFF]/, $.comment],
  rules: {
"""
TAIL = """    identifier: (_) => /[\\p{L}\\p{Nl}_][\\p{L}\\p{N}\\p{Mn}_\\u0300-\\u036f]*/u,
    number: (_) => /[0-9]+(_[0-9]+)*(\\.[0-9]+(_[0-9]+)*)?([eE][+-]?[0-9]+)?/,
    string: (_) => /"([^"\\\\\\r\\n]|\\\\[^\\r\\n])*"/,
    comment: (_) => token(choice(/\\/\\/[^\\r\\n]*/, /\\/\\*[^*]*\\*+([^/*][^*]*\\*+)*\\//)),
  },
});
"""


def grammar_js() -> str:
    """The text of `grammar.js`."""
    lines = [f"    {name}: ($) => {_written(rule)},\n" for name, rule in rules().items()]
    return HEAD + "".join(lines) + TAIL


def _written(rule: Rule) -> str:
    match rule:
        case Ref(name):
            return f"$.{name}"
        case Text(text):
            return json.dumps(text)
        case Seq(items):
            return f"seq({', '.join(map(_written, items))})"
        case Choice(items):
            return f"choice({', '.join(map(_written, items))})"
        case Repeat(item, least):
            return f"repeat{'1' * least}({_written(item)})"
        case Optional(item):
            return f"optional({_written(item)})"
