"""The comments of a file: those that stand between statements, and those that stand inside of one."""

from __future__ import annotations

from bisect import bisect_left

from qgl.syntax import tree


class Comments:
    """Hands out what stands between two offsets; `inside` is what nobody asked for."""

    def __init__(self, file: tree.File) -> None:
        self.source = file.source
        self.comments = file.comments
        self._taken: set[int] = set()

    def between(self, start: int, end: int) -> list[tree.Comment]:
        """The comments from one offset up to another, that are not taken; they are now."""
        comments = [each for each in self._within(start, end) if each.span.start not in self._taken]
        self._taken.update(each.span.start for each in comments)
        return comments

    def trailing(self, end: int) -> list[tree.Comment]:
        """The comments on the line of a statement that ends at an offset, up to whatever else is on it."""
        comments: list[tree.Comment] = []
        for comment in self._within(end, len(self.source.text)):
            if self.source.text[end : comment.span.start].strip(" \t\f\v"):
                break
            comments.append(comment)
            end = comment.span.end
        self._taken.update(each.span.start for each in comments)
        return comments

    def inside(self) -> list[tree.Comment]:
        return [each for each in self.comments if each.span.start not in self._taken]

    def first_line(self, start: int, end: int) -> int:
        """Where the comments end that share a line with the offset `start`, if a new line follows; else `start`."""
        at = start
        for comment in self._within(start, end):
            if has_line_end(self.source.text[at : comment.span.start]):
                return at
            at = comment.span.end
        return at if has_line_end(self.source.text[at:end]) else start

    def find(self, mark: str, offset: int) -> int:
        """The offset of the next `mark` outside of comments."""
        spans = iter(self.comments)
        while True:
            at = self.source.text.find(mark, offset)
            if at < 0:
                return offset
            around = next((c.span for c in spans if c.span.end > at), None)
            if around is None or around.start > at:
                return at
            offset = around.end

    def _within(self, start: int, end: int) -> tuple[tree.Comment, ...]:
        first, last = (bisect_left(self.comments, at, key=lambda each: each.span.start) for at in (start, end))
        return self.comments[first:last]


def has_line_end(text: str) -> bool:
    return "\n" in text or "\r" in text


def after(comment: tree.Comment) -> tuple[str, str]:
    """The text of a comment behind something on its line."""
    text = text_of(comment)
    return "  " if text.startswith("//") else " ", text


def text_of(comment: tree.Comment) -> str:
    lines = comment.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines)
