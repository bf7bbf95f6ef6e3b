"""Which part of a file a request asks for (RFC 9110): phones and download managers go on where they were cut off."""

import re


class Unsatisfiable(Exception):
    """There is nothing where the range begins."""


def range_of(headers, etag, size) -> tuple[int, int] | None:
    """The part that is asked for, as (start, end) with the end left out; None for the whole.

    What is not understood, and several parts at once, are answered with the whole. Raises Unsatisfiable.
    """
    wanted = re.fullmatch(r"bytes=(\d{0,15})-(\d{0,15})", headers.get("Range", "").strip())
    if not wanted or wanted[0] == "bytes=-":
        return None
    if headers.get("If-Range", etag) != etag:
        # Of another state of it, or by its date, which is not told.
        return None
    first, last = wanted.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= end:
        raise Unsatisfiable
    return start, end


def matches(header, etag):
    """Whether an If-None-Match names this tag."""
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return etag in tags or tags == ["*"]
