"""Lines of source: indentation, assignments, and breaking what is too long at its arguments."""

from __future__ import annotations

import io
import tokenize

WIDTH = 100  # of a line of emitted source, with eight columns of indentation counted


def indented(line: str, levels: int) -> str:
    """`line` (which may hold several) moved right by `levels` times four columns."""
    return "\n".join(f"{'    ' * levels}{part}" if part else part for part in line.split("\n"))


def assignment(name: str, expression: str) -> str:
    """The statement `name = expression`, broken where it is too long."""
    return wrapped(f"{name} = ", expression)


def wrapped(prefix: str, expression: str) -> str:
    """`prefix` and `expression` on one line, or with the outermost last call's arguments on their own lines."""
    text = prefix + double_quoted(expression)
    if len(text) <= WIDTH - 8:
        return text
    opening, pieces, closing = _last_call(text)
    if not pieces:
        return text
    lines, line = [f"{opening}"], ""
    for piece in pieces:
        if line and len(line) + len(piece) + 7 > WIDTH - 8:
            lines.append(f"    {line}")
            line = ""
        if len(piece) + 6 > WIDTH - 8:
            lines.append(indented(wrapped("", piece), 1) + ",")
        else:
            line += f"{' ' if line else ''}{piece},"
    return "\n".join([*lines, *([f"    {line}"] if line else []), closing])


def _last_call(text: str) -> tuple[str, list[str], str]:
    """Text up to the bracket of the last call or literal, its comma-separated pieces, and the rest.

    What follows the call, as the index in `f(x)[0]`, is in the rest: an index is never broken, for a comma
    at its end would change it. Without pieces there is nothing to break at.
    """
    head, rest = text, ""
    while True:
        opening, pieces = _last_bracket(head)
        if opening < 0:
            return text, [], ""
        before = head[:opening][-1:]
        follows = before.isalnum() or before in tuple("_)]")
        if head[opening] == "(" if follows else len(pieces) > 1:  # a call, or a literal of several
            return head[: opening + 1], [piece for piece in pieces if piece], head[-1] + rest
        head, rest = head[:opening], head[opening:] + rest


def _last_bracket(text: str) -> tuple[int, list[str]]:
    """Where the bracket opens that closes at the end of `text` (-1: none does), and the pieces between commas."""
    if not text.endswith((")", "]", "}")):
        return -1, []
    pieces: list[str] = []
    depth, end = 0, len(text) - 1
    quoted = ""
    for position in range(len(text) - 1, -1, -1):
        letter = text[position]
        if quoted:
            quoted = "" if letter == quoted else quoted
        elif letter in "\"'":
            quoted = letter
        elif letter in ")]}":
            depth += 1
        elif letter in "([{":
            depth -= 1
            if depth == 0:
                pieces.insert(0, text[position + 1 : end].strip())
                return position, pieces
        elif letter == "," and depth == 1:
            pieces.insert(0, text[position + 1 : end].strip())
            end = position
    return -1, []


def double_quoted(source: str) -> str:
    """`source` with its strings in double quotes wherever that needs no escape."""
    if "'" not in source:
        return source
    made, column = [], 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.STRING and token.string.startswith("'") and not set('"\\') & set(token.string):
            made.append(source[column : token.start[1]] + f'"{token.string[1:-1]}"')
            column = token.end[1]
    return "".join(made) + source[column:]
