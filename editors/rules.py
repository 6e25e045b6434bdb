"""The rules of `grammar/qgl.lark` as trees, in the form that tree-sitter wants.

A rule `?r` of Lark stands for its only child where it has one. Here that is a hidden rule `_r`, a choice between other
rules and visible nodes: those that Lark gives a name of their own bear it, the others that of the rule. What the parser
puts in for broken text is left out, as tree-sitter has its own ways to go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qgl.syntax.grammar import grammar_text

LEFT_OUT = {"BROKEN"}
TOKENS = {"NAME": "identifier", "NUMBER": "number", "STRING": "string"}
OWN_NAMES = {"binary", "unary"}  # of Lark, for several rules each: the name of the rule says more


@dataclass(frozen=True)
class Ref:
    name: str


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Seq:
    items: tuple[Rule, ...]


@dataclass(frozen=True)
class Choice:
    items: tuple[Rule, ...]


@dataclass(frozen=True)
class Repeat:
    item: Rule
    least: int


@dataclass(frozen=True)
class Optional:
    item: Rule


Rule = Ref | Text | Seq | Choice | Repeat | Optional
_PIECE = re.compile(r'\s*(->|"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*|[|()*+?])')


class _Reader:
    """One definition, piece by piece."""

    def __init__(self, text: str) -> None:
        self.pieces = _PIECE.findall(text)
        self.at = 0

    def peek(self) -> str:
        return self.pieces[self.at] if self.at < len(self.pieces) else ""

    def take(self) -> str:
        self.at += 1
        return str(self.pieces[self.at - 1])

    def alternatives(self) -> Iterator[tuple[Rule, str]]:
        """The alternatives of a definition, each with the name that Lark gives it, or none."""
        while self.at < len(self.pieces):
            rule, name = self.sequence(), ""
            if self.peek() == "->":
                self.take()
                name = self.take()
            yield rule, name
            if self.peek() == "|":
                self.take()

    def choice(self) -> Rule:
        items = [self.sequence()]
        while self.peek() == "|":
            self.take()
            items.append(self.sequence())
        return items[0] if len(items) == 1 else Choice(tuple(items))

    def sequence(self) -> Rule:
        items: list[Rule] = []
        while self.peek() not in ("", "|", ")", "->"):
            items.append(self.item())
        return items[0] if len(items) == 1 else Seq(tuple(items))

    def item(self) -> Rule:
        piece = self.take()
        if piece == "(":
            rule = self.choice()
            self.take()
        else:
            rule = Text(piece[1:-1]) if piece.startswith('"') else Ref(TOKENS.get(piece, piece))
        match self.peek():
            case "?":
                self.take()
                return Optional(rule)
            case "*" | "+" as sign:
                self.take()
                return Repeat(rule, int(sign == "+"))
        return rule


def rules() -> dict[str, Rule]:
    """Every rule by its name, the first one first; a hidden rule begins with `_`."""
    defined = re.findall(r"^(\??)([a-z]\w*):((?:[^\n]|\n +\|)*)", grammar_text(), re.MULTILINE)
    hidden = {name for mark, name, _ in defined if mark}
    made: dict[str, Rule] = {}
    for mark, name, text in defined:
        if name == "noise":
            continue
        own = [(_named(rule, hidden), alias) for rule, alias in _Reader(text).alternatives()]
        kept = [(rule, alias) for rule, alias in own if not (isinstance(rule, Ref) and rule.name in LEFT_OUT)]
        if mark:
            made |= _of_hidden(name, kept)
        else:
            made[name] = _one_of([rule for rule, _ in kept])
    return made


def _named(rule: Rule, hidden: set[str]) -> Rule:
    """A rule with `_` before the names of hidden ones."""
    match rule:
        case Ref(name):
            return Ref(f"_{name}") if name in hidden else rule
        case Seq(items):
            return Seq(tuple(_named(each, hidden) for each in items))
        case Choice(items):
            return Choice(tuple(_named(each, hidden) for each in items))
        case Repeat(item, least):
            return Repeat(_named(item, hidden), least)
        case Optional(item):
            return Optional(_named(item, hidden))
    return rule


def _of_hidden(name: str, alternatives: list[tuple[Rule, str]]) -> dict[str, Rule]:
    """The hidden rule and the visible ones that its alternatives make."""
    choices: list[Rule] = []
    nodes: dict[str, list[Rule]] = {}
    for rule, alias in alternatives:
        if isinstance(rule, Ref):
            choices.append(rule)
            continue
        node = name if not alias or alias in OWN_NAMES else alias
        node = f"operand_{node}" if name == "operand" else node
        if Ref(node) not in choices:
            choices.append(Ref(node))
        nodes.setdefault(node, []).append(rule)
    return {f"_{name}": _one_of(choices), **{node: _one_of(made) for node, made in nodes.items()}}


def _one_of(items: list[Rule]) -> Rule:
    return items[0] if len(items) == 1 else Choice(tuple(items))
