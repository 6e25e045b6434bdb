"""Programs to damaged programs: a pure function of a text and a random source.

What comes is rarely a program, and often nearly one: tokens are left out, doubled, swapped and taken from elsewhere,
numbers become large, negative or absurd, stretches move. A tool that reads files of strangers must answer each of
them in words, and soon.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[2]
TOKEN = re.compile(
    r'"[^"\n]*"|//[^\n]*|/\*.*?\*/|\d+(?:\.\d+)?(?:e[+-]?\d+)?|\w+|\*\*|\.\.|->|[=!<>]=|\s+|\S', re.DOTALL
)
MOST = 1 << 20  # characters; longer texts are refused unread

NUMBERS = (
    *("0", "1", "2", "3", "7", "16", "40", "64", "100", "200", "1000", "1400", "4096", "20000", "60000", "100000"),
    *("262144", "999999", "1000000", "4000000", "10000000", "2147483648", "9223372036854775807"),
    *("9223372036854775808", "1e9", "1e18", "1e308", "1e999", "1e-300", "0.5", "0.1", "(-1)", "(0 - 1000000)"),
    *("10 ** 10 ** 10", "pi", "i", "?", "true"),
)
STRANGE = (
    *("θ", "é", "\u202e", "\x00", "\x1b[31m", "\t", "\r", "\u2028", "$", "[/bold]", "`", "'", '"', "\\", "/*", "//"),
    *("{", "}", "(", ")", "[", "]", ";", ",", "..", "->", "**", "=", "==", "?", "not", "and", "or", "inverse"),
    "ctrl(3)",
)
BRACKETS = (("(", ")"), ("[", "]"), ("- ", " "), ("not ", " "), ("repeat 9 { ", " }"), ("sin(", ")"))
STATEMENTS = (
    *("repeat 1000 { h v; }", "for (a, b) in pairs(v) { cx a, b; }", "measure v[0] -> extra;", "fresh extra2[3];"),
    *("let much = sum(k in 0..99999: k);", "unitary(?) v;", "prepare(?) v;", "ctrl(2) x v[0], v[1], v[2];"),
    *("evolve (X[v[0]] + Z[v[0]]) for 1.0;", "rx(product(k in 1..1000: k)) v[0];", "h v, v, v;"),
)
DECLARATIONS = (
    *("local v cone(3) <= 2;", "local v within <= 1;", "local v depth <= 3;", "local v cone(30) <= 60;"),
    *("lattice Extra = complete(60);", "lattice Extra = grid(100, 100);", "const extra = 10 ** 6;"),
    *("data extra = patterns(0101, 1111);", "param extra[1000, 1000];", "latent extra[20];", "hidden extra[100];"),
    *("stage extra in 900..1 { }", "stage extra { set n = 40; }", "stage extra in [1, 2] { move theta[extra]; }"),
)


def tokens(text: str) -> list[str]:
    """`text` in pieces, white space and comments among them; joined they are `text` again."""
    return TOKEN.findall(text)


def mutated(text: str, random: Random, others: Sequence[str] = ()) -> str:
    """`text` after one to four changes. `others` are texts of which pieces may be taken."""
    pieces = tokens(text)
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 4))):
        if not pieces:
            break
        change = random.choice(_CHANGES)
        pieces = change(pieces, random, others or (text,))
    return "".join(pieces)[:MOST]


def corpus() -> list[tuple[Path, str]]:
    """The programs of the examples and tests with their paths; what they open lies beside them."""
    folders = ("examples/**/*.qgl", "tests/good/*.qgl", "tests/bad/*.qgl", "tests/fuzz/**/*.qgl")
    paths = sorted(path for folder in folders for path in ROOT.glob(folder))
    return [(path, path.read_text(encoding="utf-8")) for path in paths]


# ---------------------------------------------------------------- single changes

Change = Callable[[list[str], Random, Sequence[str]], list[str]]


def _stretch(pieces: list[str], random: Random, most: int = 40) -> tuple[int, int]:
    start = random.randrange(len(pieces))
    return start, min(len(pieces), start + random.randint(1, most))


def _delete(pieces: list[str], random: Random, _: Sequence[str]) -> list[str]:
    start, end = _stretch(pieces, random, random.choice((1, 1, 3, 40)))
    return pieces[:start] + pieces[end:]


def _double(pieces: list[str], random: Random, _: Sequence[str]) -> list[str]:
    start, end = _stretch(pieces, random, random.choice((1, 1, 5, 40)))
    times = random.choice((1, 1, 1, 2, 10, 300))
    return pieces[:end] + [" ", *pieces[start:end]] * times + pieces[end:]


def _swap(pieces: list[str], random: Random, _: Sequence[str]) -> list[str]:
    first, second = random.randrange(len(pieces)), random.randrange(len(pieces))
    pieces = [*pieces]
    pieces[first], pieces[second] = pieces[second], pieces[first]
    return pieces


def _number(pieces: list[str], random: Random, _: Sequence[str]) -> list[str]:
    numbers = [k for k, piece in enumerate(pieces) if piece[0].isdecimal()]
    if not numbers:
        return pieces
    pieces, place = [*pieces], random.choice(numbers)
    pieces[place] = random.choice(NUMBERS)
    return pieces


def _name(pieces: list[str], random: Random, others: Sequence[str]) -> list[str]:
    """A word of the program, or of another one, in the place of a word."""
    names = [k for k, piece in enumerate(pieces) if piece[0].isalpha()]
    found = [piece for piece in tokens(random.choice(others)) if piece[0].isalpha()]
    if not names or not found:
        return pieces
    same = [pieces[k] for k in names]
    pieces, place = [*pieces], random.choice(names)
    pieces[place] = random.choice(same if random.random() < 0.6 else found)
    return pieces


def _strange(pieces: list[str], random: Random, _: Sequence[str]) -> list[str]:
    place = random.randrange(len(pieces) + 1)
    return [*pieces[:place], random.choice(STRANGE), *pieces[place:]]


def _splice(pieces: list[str], random: Random, others: Sequence[str]) -> list[str]:
    """A stretch of another program, put in or in the place of a stretch of this one."""
    other = tokens(random.choice(others)) or [" "]
    start, end = _stretch(other, random, random.choice((5, 40, 400)))
    first, last = _stretch(pieces, random)
    return [*pieces[:first], *other[start:end], *pieces[first if random.random() < 0.5 else last :]]


def _graft(pieces: list[str], random: Random, _: Sequence[str]) -> list[str]:
    """A whole statement behind the end of one, or a whole declaration at the beginning."""
    if random.random() < 0.4:
        return [*pieces, "\n", random.choice(DECLARATIONS), "\n"]
    ends = [k for k, piece in enumerate(pieces) if piece in (";", "{", "}")]
    place = random.choice(ends) + 1 if ends else len(pieces)
    return [*pieces[:place], " ", random.choice(STATEMENTS), *pieces[place:]]


def _wrap(pieces: list[str], random: Random, _: Sequence[str]) -> list[str]:
    """A stretch inside of many brackets, signs or loops."""
    before, after = random.choice(BRACKETS)
    times = random.choice((1, 1, 3, 20, 400))
    start, end = _stretch(pieces, random, 8)
    return [*pieces[:start], *[before] * times, *pieces[start:end], *[after] * times, *pieces[end:]]


_CHANGES: tuple[Change, ...] = (
    *(_delete, _delete, _double, _double, _swap, _number, _number, _number, _name, _name),
    *(_strange, _splice, _splice, _graft, _graft, _wrap),
)
