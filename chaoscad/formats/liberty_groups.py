"""The groups of a Liberty text: `KIND (NAMES) { ATTRIBUTE : VALUE; ... }`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from chaoscad.errors import Diagnostic, NetlistError, shown

_TOKEN = re.compile(
    r"(?P<blank>[ \t\r\f\v]+|\\\r?\n|/\*.*?\*/|//[^\n]*)|(?P<line>\n)"
    r'|(?P<token>"(?:\\.|[^"\\])*"|[{}();:,]|[^\s{}();:,"\\/]+|.)',
    re.DOTALL | re.ASCII,
)
_CONTINUED = re.compile(r"\\\r?\n")


@dataclass
class Group:
    """One group: its kind, the names in its parentheses, its attributes with their lines."""

    kind: str
    arguments: list[str]
    line: int
    attributes: dict[str, tuple[str, int]] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The first name in the parentheses."""
        return self.arguments[0] if self.arguments else ""

    def value(self, attribute: str) -> str:
        """The value of an attribute; empty where there is none."""
        return self.attributes.get(attribute, ("", 0))[0]


def groups(text: str, file: str | None) -> list[Group]:
    """The outermost groups, which are libraries.

    **Raises:** `NetlistError` at the line where the text cannot be read.
    """
    return _Parser(text, file).groups()


class _Parser:
    """Tokens to groups; each token has its line."""

    def __init__(self, text: str, file: str | None) -> None:
        self.file = file
        self.tokens = [*_tokens(text)]
        for word, line in self.tokens:
            if word == '"':
                self.fail("the string is not closed", line)
        self.tokens.append(("", self.tokens[-1][1] if self.tokens else 0))
        self.at = 0

    def fail(self, message: str, line: int, hint: str | None = None) -> NoReturn:
        raise NetlistError(Diagnostic(message, self.file, line, 1 if line else 0, hint))

    def groups(self) -> list[Group]:
        whole = Group("", [], 0)
        open_groups = [whole]
        while (token := self.tokens[self.at])[0]:
            word, line = token
            self.at += 1
            if word == "}":
                if len(open_groups) == 1:
                    self.fail("the '}' closes no group", line)
                open_groups.pop()
            elif word == ";":
                continue
            elif word in ("{", "(", ")", ":", ","):
                self.fail(f"{shown(word)} stands where a group or an attribute starts", line)
            else:
                opened = self.statement(open_groups[-1], word, line)
                if opened is not None:
                    open_groups.append(opened)
        if len(open_groups) > 1:
            last = open_groups[-1]
            self.fail(f"the group {last.kind} ({last.name}) has no closing '}}'", last.line)
        for group in whole.groups:
            if group.kind != "library":
                hint = "a Liberty file reads library (NAME) { ... }"
                self.fail(f"the outermost group is {shown(group.kind)}", group.line, hint)
        return whole.groups

    def statement(self, group: Group, word: str, line: int) -> Group | None:
        """An attribute of a group, or the group that starts within it."""
        following = self.tokens[self.at][0]
        if following == ":":
            self.at += 1
            group.attributes[word] = " ".join(self.value()), line
            return None
        if following != "(":
            self.fail(f"after {shown(word)} stands no ':' or '('", line)
        self.at += 1
        arguments = self.arguments(word, line)
        if self.tokens[self.at][0] != "{":
            if word == "include_file":
                self.fail("include_file is not followed", line, "give that file to --liberty too")
            return None
        self.at += 1
        opened = Group(word, arguments, line)
        group.groups.append(opened)
        return opened

    def value(self) -> Iterator[str]:
        """The words of a value; the end of a line ends it as well as a semicolon."""
        line = self.tokens[self.at][1]
        while True:
            word, at = self.tokens[self.at]
            if word in ("", "}") or at != line:
                return
            self.at += 1
            if word == ";":
                return
            yield _plain(word)
            line = at + word.count("\n")

    def arguments(self, kind: str, line: int) -> list[str]:
        found: list[str] = []
        depth = 1
        while depth:
            word, _ = self.tokens[self.at]
            if word in ("", "{", "}", ";"):
                self.fail(f"the '(' after {shown(kind)} is not closed", line)
            self.at += 1
            depth += {"(": 1, ")": -1}.get(word, 0)
            if word not in "(),":
                found.append(_plain(word))
        return found


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    line = 1
    for match in _TOKEN.finditer(text):
        kind, word = match.lastgroup, match[0]
        if kind == "token":
            yield word, line
        line += word.count("\n")


def _plain(word: str) -> str:
    """A word without its quotes, and without the line breaks that a backslash hides."""
    if len(word) > 1 and word[0] == word[-1] == '"':
        return _CONTINUED.sub("", word[1:-1])
    return word
