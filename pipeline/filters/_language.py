"""The little language of the `expression` filter, parsed to Arrow expressions: nothing of it is ever run as code.

    expression := all ("or" all)*
    all        := one ("and" one)*
    one        := "not" one | "(" expression ")" | term [test]
    test       := ("==" | "!=" | "<" | "<=" | ">" | ">=") term
                | ["not"] "in" ("[" literal ("," literal)* "]" | column of a list)
                | "is" ["not"] "null"
    term       := column | literal
    literal    := number | "text" | 'text' | true | false

A test of a missing value is unknown, except `is null`; `and`, `or` and `not` treat unknown as Kleene does.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
      | (?P<text>"[^"]*"|'[^']*')
      | (?P<word>[A-Za-z_]\w*)
      | (?P<sign>==|!=|<=|>=|<|>|\(|\)|\[|\]|,)
    )""",
    re.VERBOSE,
)
_WORDS = frozenset({"and", "or", "not", "in", "is", "null", "true", "false"})
_COMPARISONS: dict[str, Callable[[pc.Expression, pc.Expression], pc.Expression]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_LONGEST = 4000  # characters
_DEEPEST = 50  # brackets and nots within each other


@dataclass(frozen=True)
class Contains:
    """A test that Arrow's expressions lack: is `value` in the list of `column`? Its answer is the column `name`."""

    name: str
    column: str
    value: Any


@dataclass(frozen=True)
class Parsed:
    """An expression for Arrow, the columns it looks at in order of appearance, and the list tests to make before."""

    expression: pc.Expression
    columns: tuple[str, ...]
    contains: tuple[Contains, ...]


def parse(text: str) -> Parsed:
    """Reads an expression. Raises ValueError that says what is wrong and where."""
    if len(text) > _LONGEST:
        raise ValueError(f"an expression has at most {_LONGEST} characters: write several")
    reader = _Reader(text, list(_tokens(text)))
    expression = reader.any_of(0)
    reader.expect_end()
    return Parsed(expression, tuple(dict.fromkeys(reader.columns)), tuple(reader.contains))


def answer(parsed: Parsed, table: pa.Table) -> pa.ChunkedArray:
    """True, false or null for every row. Raises ValueError where the types of a comparison do not fit."""
    own = pa.table({name: table.column(name) for name in parsed.columns}) if parsed.columns else table.select([])
    for test in parsed.contains:
        own = own.append_column(test.name, _holds(table.column(test.column), test.value))
    try:
        found = _projected(own, parsed.expression)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise ValueError(f"the types of a comparison do not fit: {str(error).splitlines()[0]}") from None
    if not pa.types.is_boolean(found.type):
        raise ValueError(f"an expression has to be true or false, not {found.type}")
    return found


def _projected(table: pa.Table, expression: pc.Expression) -> pa.ChunkedArray:
    from pyarrow import acero

    source = acero.Declaration("table_source", acero.TableSourceNodeOptions(table))
    node = acero.Declaration("project", acero.ProjectNodeOptions([expression], ["keep"]), [source])
    return node.to_table(use_threads=False).column("keep")


def _holds(lists: pa.ChunkedArray, value: Any) -> pa.Array:
    """Whether each list holds a value; null where there is no list."""
    if not pa.types.is_list(lists.type):
        raise ValueError(f"'in' needs a column of lists, not of {lists.type}: write a list such as ['g', 's']")
    whole = lists.combine_chunks()
    whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    flat = pc.list_flatten(whole)
    if pa.types.is_string(flat.type) != isinstance(value, str):
        raise ValueError(f"the list holds values of type {flat.type}: {value!r} is none")
    rows = pc.list_parent_indices(whole).filter(pc.equal(flat, value))
    found = pc.is_in(pa.array(range(len(whole)), pa.int64()), value_set=rows.cast(pa.int64()))
    return pc.if_else(pc.is_valid(whole), found, pa.scalar(None, pa.bool_()))


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """(kind, text, position) of every token."""
    position = 0
    end = len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            rest = text[position:].lstrip()
            hint = " (write == to compare)" if rest.startswith("=") else ""
            raise ValueError(f"cannot read {rest[:12]!r} at character {text.index(rest, position) + 1}{hint}")
        kind = str(match.lastgroup)
        yield kind, match.group(kind), match.start(kind)
        position = match.end()


@dataclass
class _Reader:
    """Reads tokens from left to right, by recursive descent."""

    text: str
    tokens: list[tuple[str, str, int]]
    at: int = 0
    columns: list[str] = field(default_factory=list)
    contains: list[Contains] = field(default_factory=list)

    def any_of(self, depth: int) -> pc.Expression:
        found = self.all_of(depth)
        while self._takes("or"):
            found = found | self.all_of(depth)
        return found

    def all_of(self, depth: int) -> pc.Expression:
        found = self.one(depth)
        while self._takes("and"):
            found = found & self.one(depth)
        return found

    def one(self, depth: int) -> pc.Expression:
        if depth > _DEEPEST:
            raise ValueError(f"more than {_DEEPEST} brackets within each other")
        if self._takes("not"):
            return ~self.one(depth + 1)
        if self._takes("("):
            found = self.any_of(depth + 1)
            self._expect(")")
            return found
        return self._test()

    def expect_end(self) -> None:
        if self.at < len(self.tokens):
            raise ValueError(f"expected 'and', 'or' or the end {self._here()}")

    def _test(self) -> pc.Expression:
        kind, word, _ = self._next("a column or a value")
        for sign, compare in _COMPARISONS.items():
            if self._takes(sign):
                left = self._term(kind, word)
                return compare(left, self._term(*self._next("a column or a value")[:2]))
        if self._takes("is"):
            wanted = not self._takes("not")
            self._expect("null")
            null = self._term(kind, word).is_null()
            return null if wanted else ~null
        if self._peek() in ("not", "in"):
            wanted = not self._takes("not")
            self._expect("in")
            found = self._within(kind, word)
            return found if wanted else ~found
        return self._term(kind, word)

    def _within(self, kind: str, word: str) -> pc.Expression:
        if self._takes("["):
            return _is_among(self._term(kind, word), self._literals())
        listed, column, _ = self._next("a list such as [1, 2], or a column of lists")
        if listed != "word" or column in _WORDS or (kind == "word" and word not in ("true", "false")):
            raise ValueError(f"'in' needs a column and a list, or a value and a column of lists, {self._here(-1)}")
        test = Contains(f"contains {len(self.contains)}", column, _literal(kind, word))
        self.columns.append(column)
        self.contains.append(test)
        return pc.field(test.name)

    def _literals(self) -> list[Any]:
        values = [self._value()]
        while self._takes(","):
            values.append(self._value())
        self._expect("]")
        if len({_sort(value) for value in values}) > 1:
            raise ValueError("a list holds either texts or numbers or true and false")
        return values

    def _value(self) -> Any:
        kind, word, _ = self._next("a number or a text")
        if kind == "sign" or (kind == "word" and word not in ("true", "false")):
            raise ValueError(f"expected a number or a text in the list {self._here(-1)}; texts stand in quotes")
        return _literal(kind, word)

    def _term(self, kind: str, word: str) -> pc.Expression:
        if kind == "sign" or (word in _WORDS and word not in ("true", "false") and kind == "word"):
            raise ValueError(f"expected a column or a value, not '{word}'")
        if kind == "word" and word not in _WORDS:
            self.columns.append(word)
            return pc.field(word)
        return pc.scalar(_literal(kind, word))

    def _next(self, wanted: str) -> tuple[str, str, int]:
        if self.at >= len(self.tokens):
            raise ValueError(f"expected {wanted} at the end of {self.text[:60]!r}")
        self.at += 1
        return self.tokens[self.at - 1]

    def _peek(self) -> str | None:
        kind, word, _ = self.tokens[self.at] if self.at < len(self.tokens) else ("", "", 0)
        return word if kind in ("word", "sign") else None

    def _takes(self, word: str) -> bool:
        if self._peek() != word:
            return False
        self.at += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._takes(word):
            raise ValueError(f"expected '{word}' {self._here()}")

    def _here(self, offset: int = 0) -> str:
        if self.at + offset >= len(self.tokens):
            return "at the end"
        _, word, position = self.tokens[self.at + offset]
        return f"at character {position + 1}, before '{word}'" if not offset else f"at character {position + 1}"


def _is_among(term: pc.Expression, values: list[Any]) -> pc.Expression:
    """Whether a term has one of some values; unknown, and not false as Arrow says, where it has none."""
    return pc.if_else(term.is_valid(), term.isin(values), pa.scalar(None, pa.bool_()))


def _sort(value: Any) -> type:
    """What a value of a list can be held against: texts, truths or numbers."""
    return type(value) if isinstance(value, str | bool) else float


def _literal(kind: str, word: str) -> Any:
    if kind == "text":
        return word[1:-1]
    if kind == "word":
        return word == "true"
    whole = not any(letter in word for letter in ".eE") and abs(int(word)) < 2**63
    return int(word) if whole else float(word)
