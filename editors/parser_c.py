"""The parser for tree-sitter's runtime, as C: tables of LALR(1), and a lexer that is the language's own.

tree-sitter's generator would write the like from `grammar.js`. Here the tables are those that Lark makes of the same
rules, so that the parser can be built, and held to the real one, wherever a C compiler is. The layout is version 14 of
the interface between parsers and the runtime, which this file declares as far as it needs it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import lark
from lark.parsers.lalr_analysis import Shift

from editors.rules import Choice, Optional, Ref, Repeat, Rule, Seq, Text, rules

NAMED = ("identifier", "number", "string", "comment")  # tokens with names
_MARKS = ("==", "!=", "<=", ">=", "->", "..", "**", *"=<>+-*/%()[]{};,:~?")
RECOVER, EXTRA = 1, 3  # places of the first actions


class _Grammar:
    """Symbols by number, and the tables over them."""

    def __init__(self) -> None:
        made = rules()
        self.texts = list(dict.fromkeys(text for rule in made.values() for text in _texts(rule)))
        terminals = {text: f"T{k}" for k, text in enumerate(self.texts)} | {name: name.upper() for name in NAMED}
        lines = [f"{_lark_name(name)}: {_lark(rule, terminals)}" for name, rule in made.items()]
        lines += [f'{terminals[text]}.2: "{text}"' for text in self.texts]
        lines += [r"IDENTIFIER: /[a-z]+/", r"NUMBER: /[0-9]+/", r'STRING: /"[a-z]*"/']
        parser: Any = lark.Lark(
            "\n".join(lines), parser="lalr", lexer="basic", start="file", keep_all_tokens=True, maybe_placeholders=False
        )
        self.table = parser.parser.parser._parse_table
        names = {name: key for key, name in terminals.items()}
        self.tokens = ["end", *(names[terminals[key]] for key in (*NAMED, *self.texts))]
        visible = {_lark_name(name): name for name in made}
        origins = {a.origin.name for _, a in self._actions() if not isinstance(a, int)}
        self.nodes = [*visible, *sorted(origins - set(visible))]
        self.numbers = {"$END": 0, **{terminals[key]: k for k, key in enumerate((*NAMED, *self.texts), 1)}}
        self.numbers |= {str(node): len(self.tokens) + k for k, node in enumerate(self.nodes)}
        self.shown = {node: visible.get(node, "") for node in self.nodes}
        self.end = self.table.end_states["file"]
        order = [self.table.start_states["file"]]
        for state in order:  # grows, by what is shifted: Lark's own numbers are others each time
            order += [what for _, (kind, what) in self.row(state) if kind is Shift and what not in order]
        self.states = {state: k for k, state in enumerate(order, 1)}  # 0 is where faults are recovered from

    def row(self, state: Any) -> list[tuple[str, Any]]:
        """What is done in a state, by types of tokens and nodes, in order."""
        return sorted(self.table.states[state].items(), key=lambda cell: self.numbers[cell[0]])

    def _actions(self) -> Iterator[tuple[str, Any]]:
        return ((type_, what) for row in self.table.states.values() for type_, (_, what) in row.items())


def _texts(rule: Rule) -> Iterator[str]:
    match rule:
        case Text(text):
            yield text
        case Seq(items) | Choice(items):
            for item in items:
                yield from _texts(item)
        case Repeat(item, _) | Optional(item):
            yield from _texts(item)


def _lark_name(name: str) -> str:
    return f"hidden{name}" if name.startswith("_") else name


def _lark(rule: Rule, terminals: dict[str, str]) -> str:
    """A rule in the notation of Lark."""
    match rule:
        case Ref(name):
            return name.upper() if name in NAMED else _lark_name(name)
        case Text(text):
            return terminals[text]
        case Seq(items):
            return f"({' '.join(_lark(each, terminals) for each in items)})"
        case Choice(items):
            return f"({' | '.join(_lark(each, terminals) for each in items)})"
        case Repeat(item, least):
            return f"({_lark(item, terminals)}){'+' if least else '*'}"
        case Optional(item):
            return f"({_lark(item, terminals)})?"


def parser_c() -> str:
    """The text of `parser.c`."""
    grammar = _Grammar()
    actions: dict[str, int] = {}
    rows = [_row(grammar, state, actions) for state in grammar.states]
    first = ", ".join(f"[{k}] = {RECOVER}" for k in range(len(grammar.tokens)) if k != 1 + NAMED.index("comment"))
    first += f", [{1 + NAMED.index('comment')}] = {EXTRA}"
    longest = max(len(what.expansion) for _, what in grammar._actions() if not isinstance(what, int))
    symbols, states = len(grammar.numbers), len(grammar.states) + 1
    names = [*grammar.tokens, *(grammar.shown[node] or node.strip("_") for node in grammar.nodes)]
    kinds = [_kind(grammar, k, names[k]) for k in range(symbols)]
    return _TEMPLATE.format_map(
        {
            "symbols": symbols,
            "tokens": len(grammar.tokens),
            "states": states,
            "longest": longest,
            "names": ",\n".join(f"  {_quoted(name)}" for name in names),
            "kinds": ",\n".join(kinds),
            "map": ", ".join(map(str, range(symbols))),
            "ids": ", ".join(map(str, range(states))),
            "rows": ",\n".join([f"  {{{first}}}", *rows]),
            "actions": ",\n".join([f"  {text}" for text in actions]),
            "letters": ", ".join(f"{{{a}, {b}}}" for a, b in _ranges(lambda c: re.match(r"[^\W\d]", c))),
            "inner": ", ".join(f"{{{a}, {b}}}" for a, b in _ranges(lambda c: re.match(r"[\w\u0300-\u036f]", c))),
            "keywords": _keywords(grammar),
            "marks": _marks(grammar),
            **{name: 1 + k for k, name in enumerate(NAMED)},
        }
    )


def _row(grammar: _Grammar, state: Any, actions: dict[str, int]) -> str:
    """What is done in a state, by symbols."""
    cells = [f"[{1 + NAMED.index('comment')}] = {EXTRA}"]
    if state == grammar.end:
        cells.append(f"[0] = {_action('{.action = {.type = 2}}', actions)}")
    for type_, (kind, what) in grammar.row(state):
        number = grammar.numbers[type_]
        if kind is not Shift:
            rule = (
                f"{{.action = {{.reduce = {{1, {len(what.expansion)}, {grammar.numbers[what.origin.name]}, 0, 0}}}}}}"
            )
            cells.append(f"[{number}] = {_action(rule, actions)}")
        elif number < len(grammar.tokens):
            shift = f"{{.action = {{.shift = {{0, {grammar.states[what]}, false, false}}}}}}"
            cells.append(f"[{number}] = {_action(shift, actions)}")
        else:
            cells.append(f"[{number}] = {grammar.states[what]}")
    return f"  {{{', '.join(cells)}}}"


def _action(text: str, actions: dict[str, int]) -> int:
    """The place of an action in the list of all; the first five entries are those of the template."""
    return actions.setdefault(f"{{.entry = {{1, true}}}}, {text}", 5 + 2 * len(actions))


def _kind(grammar: _Grammar, number: int, name: str) -> str:
    if number < len(grammar.tokens):
        named = name in NAMED and number <= len(NAMED)
        return f"  {{{_c(number > 0)}, {_c(named or number == 0)}, false}}"
    shown = grammar.shown[grammar.nodes[number - len(grammar.tokens)]]
    return f"  {{{_c(bool(shown) and not shown.startswith('_'))}, {_c(bool(shown))}, false}}"


def _c(value: bool) -> str:
    return "true" if value else "false"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?") + '"'


def _ranges(fits: Any) -> Iterator[tuple[int, int]]:
    """Stretches of characters beyond ASCII that fit."""
    codes = (code for code in range(128, sys.maxunicode + 1) if not 0xD800 <= code < 0xE000 and fits(chr(code)))
    for _, group in groupby(enumerate(codes), lambda pair: pair[1] - pair[0]):
        stretch = [code for _, code in group]
        yield stretch[0], stretch[-1]


def _keywords(grammar: _Grammar) -> str:
    own = sorted(text for text in grammar.texts if text.isalpha())
    return ", ".join(f'{{"{text}", {1 + len(NAMED) + grammar.texts.index(text)}}}' for text in own)


def _marks(grammar: _Grammar) -> str:
    """Marks, the longer ones first."""
    assert set(_MARKS) == {text for text in grammar.texts if not text.isalpha()}
    own = sorted(_MARKS, key=lambda text: (-len(text), text))
    return ", ".join(f"{{{_quoted(text)}, {1 + len(NAMED) + grammar.texts.index(text)}}}" for text in own)


_TEMPLATE = """\
// Written by `python -m editors.generate` from grammar/qgl.lark; a test holds it in step.
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// The interface of tree-sitter's runtime, version 14.
typedef uint16_t TSStateId;
typedef uint16_t TSSymbol;
typedef struct TSLexer TSLexer;
struct TSLexer {{
  int32_t lookahead;
  TSSymbol result_symbol;
  void (*advance)(TSLexer *, bool);
  void (*mark_end)(TSLexer *);
  uint32_t (*get_column)(TSLexer *);
  bool (*is_at_included_range_start)(const TSLexer *);
  bool (*eof)(const TSLexer *);
}};
typedef struct {{ bool visible, named, supertype; }} TSSymbolMetadata;
typedef struct {{ uint16_t lex_state, external_lex_state; }} TSLexMode;
typedef union {{
  struct {{ uint8_t type; TSStateId state; bool extra, repetition; }} shift;
  struct {{ uint8_t type, child_count; TSSymbol symbol; int16_t dynamic_precedence; uint16_t production_id; }} reduce;
  uint8_t type;
}} TSParseAction;
typedef union {{
  TSParseAction action;
  struct {{ uint8_t count; bool reusable; }} entry;
}} TSParseActionEntry;
typedef struct {{
  uint32_t version, symbol_count, alias_count, token_count, external_token_count, state_count, large_state_count;
  uint32_t production_id_count, field_count;
  uint16_t max_alias_sequence_length;
  const uint16_t *parse_table, *small_parse_table;
  const uint32_t *small_parse_table_map;
  const TSParseActionEntry *parse_actions;
  const char *const *symbol_names;
  const char *const *field_names;
  const void *field_map_slices, *field_map_entries;
  const TSSymbolMetadata *symbol_metadata;
  const TSSymbol *public_symbol_map;
  const uint16_t *alias_map;
  const TSSymbol *alias_sequences;
  const TSLexMode *lex_modes;
  bool (*lex_fn)(TSLexer *, TSStateId);
  bool (*keyword_lex_fn)(TSLexer *, TSStateId);
  TSSymbol keyword_capture_token;
  struct {{
    const bool *states;
    const TSSymbol *symbol_map;
    void *(*create)(void);
    void (*destroy)(void *);
    bool (*scan)(void *, TSLexer *, const bool *);
    unsigned (*serialize)(void *, char *);
    void (*deserialize)(void *, const char *, unsigned);
  }} external_scanner;
  const TSStateId *primary_state_ids;
}} TSLanguage;

#define SYMBOLS {symbols}
#define TOKENS {tokens}
#define STATES {states}
#define LONGEST {longest}

static const char *const names[SYMBOLS] = {{
{names}
}};
static const TSSymbolMetadata kinds[SYMBOLS] = {{
{kinds}
}};
static const TSSymbol same_symbols[SYMBOLS] = {{{map}}};
static const TSStateId same_states[STATES] = {{{ids}}};
static const TSSymbol no_aliases[LONGEST] = {{0}};
static const uint16_t no_alias_map[1] = {{0}};
static const TSLexMode modes[STATES] = {{{{0, 0}}}};
static const TSParseActionEntry actions[] = {{
  {{.entry = {{0, false}}}},
  {{.entry = {{1, false}}}}, {{.action = {{.type = 3}}}},
  {{.entry = {{1, true}}}}, {{.action = {{.shift = {{0, 0, true, false}}}}}},
{actions}
}};
static const uint16_t table[STATES][SYMBOLS] = {{
{rows}
}};

// ---------------------------------------------------------------- the lexer

typedef struct {{ int32_t first, last; }} Stretch;
static const Stretch letters[] = {{{letters}}};
static const Stretch inner[] = {{{inner}}};
typedef struct {{ const char *text; TSSymbol symbol; }} Word;
static const Word keywords[] = {{{keywords}}};
static const Word marks[] = {{{marks}}};
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static bool within(const Stretch *list, size_t count, int32_t character) {{
  size_t low = 0, high = count;
  while (low < high) {{
    size_t middle = (low + high) / 2;
    if (character > list[middle].last) low = middle + 1;
    else if (character < list[middle].first) high = middle;
    else return true;
  }}
  return false;
}}

static bool digit(int32_t c) {{ return c >= '0' && c <= '9'; }}

static bool letter(int32_t c) {{
  if (c < 128) return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return within(letters, COUNT(letters), c);
}}

static bool of_name(int32_t c) {{ return c < 128 ? letter(c) || digit(c) : within(inner, COUNT(inner), c); }}

static bool taken(TSLexer *lexer, TSSymbol symbol) {{
  lexer->mark_end(lexer);
  lexer->result_symbol = symbol;
  return true;
}}

static bool name(TSLexer *lexer) {{
  char start[16];
  size_t length = 0;
  while (of_name(lexer->lookahead)) {{
    if (length < sizeof(start) - 1) start[length] = lexer->lookahead < 128 ? (char)lexer->lookahead : '?';
    length++;
    lexer->advance(lexer, false);
  }}
  start[length < sizeof(start) ? length : 0] = 0;
  for (size_t k = 0; k < COUNT(keywords); k++)
    if (length < sizeof(start) && strcmp(start, keywords[k].text) == 0) return taken(lexer, keywords[k].symbol);
  return taken(lexer, {identifier});
}}

// Digits, with single underscores between them.
static bool digits(TSLexer *lexer) {{
  for (;;) {{
    if (!digit(lexer->lookahead)) return false;
    while (digit(lexer->lookahead)) lexer->advance(lexer, false);
    if (lexer->lookahead != '_') return true;
    lexer->advance(lexer, false);
  }}
}}

static bool number(TSLexer *lexer) {{
  if (!digits(lexer)) return false;
  taken(lexer, {number});
  if (lexer->lookahead == '.') {{
    lexer->advance(lexer, false);
    if (lexer->lookahead == '.') return true;  // `0..3`
    if (!digits(lexer)) return false;
  }}
  if (lexer->lookahead == 'e' || lexer->lookahead == 'E') {{
    lexer->advance(lexer, false);
    if (lexer->lookahead == '+' || lexer->lookahead == '-') lexer->advance(lexer, false);
    if (!digit(lexer->lookahead)) return false;
    while (digit(lexer->lookahead)) lexer->advance(lexer, false);
  }}
  if (of_name(lexer->lookahead)) return false;
  taken(lexer, {number});
  if (lexer->lookahead != '.') return true;
  lexer->advance(lexer, false);
  return lexer->lookahead == '.';
}}

static bool string(TSLexer *lexer) {{
  lexer->advance(lexer, false);
  while (lexer->lookahead != '"') {{
    if (lexer->lookahead == '\\\\') lexer->advance(lexer, false);
    if (lexer->eof(lexer) || lexer->lookahead == '\\r' || lexer->lookahead == '\\n') return false;
    lexer->advance(lexer, false);
  }}
  lexer->advance(lexer, false);
  return taken(lexer, {string});
}}

// Behind a `/`: the rest of a comment, if it is one.
static bool comment(TSLexer *lexer) {{
  if (lexer->lookahead == '/') {{
    while (!lexer->eof(lexer) && lexer->lookahead != '\\r' && lexer->lookahead != '\\n') lexer->advance(lexer, false);
    return taken(lexer, {comment});
  }}
  lexer->advance(lexer, false);
  for (bool star = false; !lexer->eof(lexer);) {{
    int32_t last = lexer->lookahead;
    lexer->advance(lexer, false);
    if (star && last == '/') return taken(lexer, {comment});
    star = last == '*';
  }}
  return false;
}}

static bool mark(TSLexer *lexer) {{
  int32_t first = lexer->lookahead;
  lexer->advance(lexer, false);
  if (first == '/' && (lexer->lookahead == '/' || lexer->lookahead == '*')) return comment(lexer);
  for (size_t k = 0; k < COUNT(marks); k++) {{
    const char *text = marks[k].text;
    if (text[0] != first) continue;
    if (text[1] == 0) return taken(lexer, marks[k].symbol);
    if (text[1] != lexer->lookahead) continue;
    lexer->advance(lexer, false);
    return taken(lexer, marks[k].symbol);
  }}
  return false;
}}

static bool lex(TSLexer *lexer, TSStateId state) {{
  (void)state;
  while (!lexer->eof(lexer) && lexer->lookahead < 128 && strchr(" \\t\\r\\n\\f\\v", (char)lexer->lookahead) &&
         lexer->lookahead)
    lexer->advance(lexer, true);
  if (lexer->eof(lexer)) return taken(lexer, 0);
  if (letter(lexer->lookahead)) return name(lexer);
  if (digit(lexer->lookahead)) return number(lexer);
  if (lexer->lookahead == '"') return string(lexer);
  return mark(lexer);
}}

#ifdef _WIN32
__declspec(dllexport)
#else
__attribute__((visibility("default")))
#endif
const TSLanguage *tree_sitter_qgl(void) {{
  static const TSLanguage language = {{
    .version = 14,
    .symbol_count = SYMBOLS,
    .token_count = TOKENS,
    .state_count = STATES,
    .large_state_count = STATES,
    .production_id_count = 1,
    .max_alias_sequence_length = LONGEST,
    .parse_table = &table[0][0],
    .parse_actions = actions,
    .symbol_names = names,
    .symbol_metadata = kinds,
    .public_symbol_map = same_symbols,
    .alias_map = no_alias_map,
    .alias_sequences = no_aliases,
    .lex_modes = modes,
    .lex_fn = lex,
    .primary_state_ids = same_states,
  }};
  return &language;
}}
"""
