"""The comments of a file in order of place, and which of them belongs to what is being written."""

from __future__ import annotations

from qgl.syntax import tree


class Comments:
    """Gives every comment once. `next` is the first that is not yet written."""

    def __init__(self, file: tree.File) -> None:
        self.source = file.source
        self.comments = file.comments
        self.next = 0

    def before(self, offset: int) -> list[tree.Comment]:
        """The comments that start before an offset and are not yet written."""
        first = self.next
        while self.next < len(self.comments) and self.comments[self.next].span.start < offset:
            self.next += 1
        return list(self.comments[first : self.next])

    def trailing(self, end: int, last: int) -> tree.Comment | None:
        """The next comment if it is inside of an item that ends at `end`, or behind it and what was written last."""
        if self.next == len(self.comments):
            return None
        comment = self.comments[self.next]
        between = self.source.text[max(end, last) : comment.span.start]
        if between.strip() or any(c in "\r\n" for c in between):
            return None
        self.next += 1
        return comment

    def beside(self, end: int, limit: int) -> list[tree.Comment]:
        """Comments up to `limit` that stand at the end of the line on which an item ends at `end`."""
        first, line, starts = self.next, self.source.line_of(end), self.source.line_starts
        while self.next < len(self.comments):
            span = self.comments[self.next].span
            rest = self.source.text[span.end : starts[line + 1]] if line + 1 < len(starts) else ""
            if span.start >= limit or self.source.line_of(span.start) != line or rest.strip(" \t\r\n,"):
                break
            self.next += 1
        return list(self.comments[first : self.next])

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


def is_line(comment: tree.Comment) -> bool:
    return comment.text.startswith("//")


def text_of(comment: tree.Comment) -> str:
    lines = comment.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines)
