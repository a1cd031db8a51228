"""Turns a compact table of fields into cases, and checks one case.

A `Field` is a row: where the member stands in the body, its JSON type, what
it takes and what it refuses, and the contract's codes.  `cases(rows)` makes
of each row one case for: missing, null, each wrong type, empty, at the limit,
past the limit, wrong enum, invalid UTF-8 and \\u0000.  `check()` sends one.
"""

import copy
import json
import re
from dataclasses import dataclass, replace
from typing import NamedTuple

import pytest

OK = ""            # instead of a code: the value is accepted
UNTOLD = None      # the contract does not say: no case
ABSENT = type("Absent", (), {"__repr__": lambda self: "absent"})()


class Raw:
    """A JSON text that stands in the body byte for byte."""

    def __init__(self, text):
        self.text = text if isinstance(text, bytes) else text.encode()

    def __repr__(self):
        return repr(self.text)[:40]


BAD_UTF8 = Raw(b'"a\xffb"')
NUL = Raw(b'"a\\u0000b"')
WRONG_TYPES = {
    "string": (1, True, [], {}),
    "int": ("1", Raw("1.0"), Raw("1e0"), True, [], {}),
    "bool": ("true", 1, [], {}),
    "object": (1, True, "x", []),
    "array": (1, True, "x", {}),
    "numeric": (True, "abc", "", [], {}),
    "any": (),
}
EMPTY = {"string": "", "array": [], "object": {}}


@dataclass(frozen=True)
class Field:
    """A row of the table.  `path` is as error_detail names it: a[0].b

    A fault's code is `code`, but for `missing`, `mistyped` and `wrong` (the
    right type, but not what the field takes) where those are set.  `default`
    is what is shown when the member is absent; a `hidden` one is never shown.
    """

    path: str
    kind: str
    required: bool = False
    code: str = "DLF.3051"
    missing: str = ""
    mistyped: str = ""
    wrong: str = ""
    empty: str = OK           # the code for "", [] or {}; OK; UNTOLD
    default: object = ABSENT
    hidden: bool = False
    enum: tuple = ()          # strings: exactly these
    between: tuple = ()       # integers: the least and the greatest
    most: int = 0             # strings: code points
    item: str = ""            # arrays: the type of their items
    good: tuple = ()          # further values that are accepted
    bad: tuple = ()           # further values that are refused
    detail: str = ""          # the path that `bad` and `empty` name, if another
    missing_detail: str = ""  # likewise for a missing member


class Case(NamedTuple):
    label: str
    path: str
    value: object
    code: str      # OK, or the error's
    detail: str    # the path that error_detail names
    shown: object  # what is read back of an accepted one


def brief(value):
    text = repr(value)
    return text if len(text) <= 24 else f"{text[:16]}..{len(text)}"


def absence(f):
    """Missing, and null, which is the same."""
    for label, value in (("missing", ABSENT), ("null", None)):
        if f.required:
            yield Case(label, f.path, value, f.missing or f.code,
                       f.missing_detail or f.path, None)
        else:
            yield Case(label, f.path, value, OK, "", f.default)


def types(f):
    for value in WRONG_TYPES[f.kind]:
        yield Case(f"type-{value!r}", f.path, value, f.mistyped or f.code, f.path, None)
    if f.item:
        for value in (None, *WRONG_TYPES[f.item]):
            yield Case(f"item-{value!r}", f.path, [value], f.code, f"{f.path}[0]", None)


def values(f):
    """What the field takes, and what it refuses."""
    good, bad = list(f.good), list(f.bad)
    if f.enum:
        good += f.enum
        bad += ["NOPE", f.enum[0].swapcase(), f.enum[0] + " "]
    if f.between:
        good += f.between
        bad += [f.between[0] - 1, f.between[1] + 1]
    if f.most:
        good += ["x" * f.most, "字" * f.most, "😀" * f.most]
        bad += ["x" * (f.most + 1), "字" * (f.most + 1)]
    if f.kind in EMPTY and f.empty is not UNTOLD:
        (bad if f.empty else good).append(EMPTY[f.kind])
    for value in good:
        yield Case(f"takes-{brief(value)}", f.path, value, OK, "", value)
    for value in bad:
        code = f.empty if value == EMPTY.get(f.kind) and f.empty else f.wrong or f.code
        yield Case(f"refuses-{brief(value)}", f.path, value, code,
                   f.detail or f.path, None)


def encoding(f):
    yield Case("bad-utf8", f.path, BAD_UTF8, "DLF.3051", f.path, None)
    yield Case("nul", f.path, NUL, "DLF.3051", f.path, None)


def cases(rows, without=()):
    """All cases of the rows, for pytest; `without` names kinds to leave out."""
    found = []
    for f in rows:
        for kind in (absence, types, values, encoding):
            if kind.__name__ not in without:
                found += [c._replace(shown=ABSENT) if f.hidden and not c.code else c
                          for c in kind(f)]
    return [pytest.param(c, id=f"{c.path}-{c.label}") for c in found]


def changed(rows, **changes):
    """The rows, some replaced: path=dict(of what differs), or None to drop it."""
    return [replace(f, **changes.get(f.path, {})) for f in rows
            if changes.get(f.path, {}) is not None]


# ---- bodies ----

def steps(path):
    return [int(p) if p.isdigit() else p for p in re.findall(r"[^.\[\]]+", path)]


def value_at(document, path):
    """The value at `path`, or ABSENT."""
    for step in steps(path):
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return document


def with_value(base, path, value):
    """A copy of `base` with `value` (ABSENT: nothing) at `path`."""
    body = copy.deepcopy(base)
    *way, last = steps(path)
    parent = body
    for step in way:
        parent = parent[step]
    if value is ABSENT:
        del parent[last]
    else:
        parent[last] = value
    return body


def to_bytes(body):
    """JSON in UTF-8; what is Raw stands in it as it is."""
    raws = []

    def mark(raw):
        raws.append(raw.text)
        return f"<raw {len(raws) - 1}>"

    text = json.dumps(body, default=mark, ensure_ascii=False).encode()
    for i, raw in enumerate(raws):
        text = text.replace(b'"<raw %d>"' % i, raw)
    return text


# ---- checking ----

def holds(shown, sent):
    """Whether all that was sent is in what is shown; defaults may be added."""
    if isinstance(sent, Raw):
        sent = json.loads(sent.text)
    if isinstance(sent, dict):
        return isinstance(shown, dict) and all(
            k in shown and holds(shown[k], v) for k, v in sent.items())
    if isinstance(sent, list):
        return (isinstance(shown, list) and len(shown) == len(sent)
                and all(map(holds, shown, sent)))
    return type(shown) is type(sent) and shown == sent


def names_path(detail, path):
    """Whether the sentence names exactly this field."""
    return re.search(rf"(?<![\w.\]]){re.escape(path)}(?![\w.\[])", detail) is not None


def assert_refused(answer, code, path):
    assert answer.status == 400, answer
    assert answer.code == code, answer
    assert names_path(answer.detail, path), (path, answer.detail)


def check(case, base, send, show):
    """Sends `base` with the case's value; `show(body)` gives the object back."""
    body = with_value(base, case.path, case.value)
    answer = send(to_bytes(body))
    if case.code:
        assert_refused(answer, case.code, case.detail)
        return
    assert answer.status in (200, 204), answer
    shown = value_at(show(body), case.path)
    if case.shown is ABSENT or shown is ABSENT:
        assert shown is case.shown
    else:
        assert holds(shown, case.shown), (shown, case.shown)
