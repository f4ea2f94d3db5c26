"""Words with values in them: the messages of a catalogue, such as
"{count, plural, one {# picture} other {# pictures}} of {name}, {share, percent} right".

demo/components/text.js is the same for the page's scripts; tests/messages.json holds both to one
behaviour.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

CASES = ("plural", "select")


@dataclass(frozen=True)
class Language:
    """What a language is like, as its language.json tells."""

    name: str  # in its own words
    locale: str  # for Intl, which writes numbers and lists in the browser
    percent: str  # "{number} %"
    beyond: str  # "> {number}": more than can be told apart from all
    one: Sequence[int]  # numbers with the plural form "one"
    grouping: str  # between thousands
    decimal: str  # before what is behind the point
    between: str  # ", ": between the items of a list
    last: str  # " and ": before the last one

    def number(self, value: float, digits: int | None = None) -> str:
        """A number with so many digits behind the point; as many as it has, up to 3, if None."""
        written = f"{value:,.{3 if digits is None else digits}f}"
        if digits is None:
            written = written.rstrip("0").rstrip(".")
        marks = {",": self.grouping, ".": self.decimal, "-": "−"}
        return "".join(marks.get(letter, letter) for letter in written)

    def share(self, share: float, digits: int | None = None) -> str:
        """A share of 1 in percent; close to the ends with one decimal."""
        value = 100 * share
        if digits is None and value > 99.9:
            return self.beyond.replace("{number}", self.share(0.999, 1))
        if digits is None:
            digits = 1 if value > 99 or 0.05 < value < 1 else 0
        return self.percent.replace("{number}", self.number(value, digits))

    def list(self, items: Sequence[str]) -> str:
        """ "a", "a and b", "a, b and c"."""
        return self.last.join([self.between.join(items[:-1]), items[-1]] if items[1:] else items)

    def plural(self, count: float) -> str:
        """The case of a count."""
        return "one" if count in self.one else "other"


@dataclass(frozen=True)
class Value:
    """A value in a message, and how it is written."""

    name: str
    kind: str = ""  # one of number, percent, list, plural, select; "" as it is
    digits: int | None = None
    cases: Mapping[str, Sequence] = field(default_factory=dict)  # of a plural or a select


COUNT = object()  # "#", the count of the plural around it


def write(message: str, values: Mapping[str, object], language: Language) -> str:
    """A message with its values in place.

    Raises:
        KeyError: a value is missing.
        ValueError: this is no message.
    """
    return _written(parse(message), values, language)


def names(message: str) -> frozenset[str]:
    """The names of the values in a message."""

    def of(pieces) -> set[str]:
        values = [piece for piece in pieces if isinstance(piece, Value)]
        cases = [case for value in values for case in value.cases.values()]
        return {value.name for value in values}.union(*map(of, cases))

    return frozenset(of(parse(message)))


def _written(pieces, values, language: Language, count: float = 0) -> str:
    return "".join(_piece(piece, values, language, count) for piece in pieces)


def _piece(piece, values, language: Language, count: float) -> str:
    if isinstance(piece, str):
        return piece
    if piece is COUNT:
        return language.number(count)
    value = values[piece.name]
    if piece.kind == "number":
        return language.number(value, piece.digits)
    if piece.kind == "percent":
        return language.share(value, piece.digits)
    if piece.kind == "list":
        return language.list(value)
    if piece.kind == "plural":
        cases = (f"={value}", language.plural(value), "other")
        chosen = next(piece.cases[case] for case in cases if case in piece.cases)
        return _written(chosen, values, language, value)
    if piece.kind == "select":
        chosen = piece.cases.get(str(value), piece.cases["other"])
        return _written(chosen, values, language, count)
    return str(value)


@functools.cache
def parse(message: str) -> tuple:
    """The pieces of a message: words, `COUNT`, and values. Braces belong to values; there is no way
    to write one as it is.

    Raises:
        ValueError: this is no message.
    """
    pieces, at = _pieces(message, 0, is_case=False)
    if at < len(message):
        raise _wrong(message, at)
    return pieces


def _pieces(message: str, at: int, *, is_case: bool) -> tuple[tuple, int]:
    found = []
    while at < len(message) and message[at] != "}":
        if message[at] == "{":
            value, at = _value(message, at)
            found.append(value)
        elif is_case and message[at] == "#":
            found.append(COUNT)
            at += 1
        else:
            words = _take(r"[^{}#]+" if is_case else r"[^{}]+", message, at)
            found.append(words[0])
            at = words.end()
    return tuple(found), at


def _value(message: str, at: int) -> tuple[Value, int]:
    head = _take(r"\{(\w+)(?:, *(\w+)(?:, *(\d+))?)?", message, at)
    name, kind, digits = head.groups()
    at, cases = head.end(), {}
    if kind in CASES:
        at = _take(r", *", message, at).end()
        while message[at : at + 1] != "}":
            label = _take(r"(=?[\w-]+) *\{", message, at)
            cases[label[1]], at = _pieces(message, label.end(), is_case=True)
            at = _take(r"\} *", message, at).end()
        if "other" not in cases:
            raise ValueError(f"in this message {{{name}}} has no case for all others: {message}")
    at = _take(r"\}", message, at).end()
    return Value(name, kind or "", None if digits is None else int(digits), cases), at


def _take(pattern: str, message: str, at: int) -> re.Match:
    found = re.compile(pattern).match(message, at)
    if found is None:
        raise _wrong(message, at)
    return found


def _wrong(message: str, at: int) -> ValueError:
    return ValueError(f"at {at}, this is no message: {message}")
