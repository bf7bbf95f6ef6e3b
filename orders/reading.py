"""Read a CSV file of orders: every row either clean or rejected with its reasons. Nothing here touches the database."""

import codecs
import csv
import io
import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from accounts.models import User

from .models import Order, check_reference


class Unreadable(Exception):
    """Nothing of the file can be imported. The message is one line that says why."""


@dataclass
class Row:
    """A row that can be imported. `values` holds the columns that the file has, clean; a missing one is left alone."""

    line: int
    values: dict

    @property
    def reference(self):
        return self.values["reference"]

    def person(self, role):
        """What the row says of its customer or driver: {"name": …, "phone": …}, of the columns that there are."""
        columns = PEOPLE[role]
        return {columns[name]: value for name, value in self.values.items() if name in columns}


@dataclass
class Sheet:
    rows: list[Row] = field(default_factory=list)
    rejected: list[tuple[int, str]] = field(default_factory=list)  # line, reason
    unknown_columns: list[str] = field(default_factory=list)


def read_sheet(content: bytes) -> Sheet:
    """The rows of a file. Lines are counted as an editor does, the header being line 1. Raises Unreadable."""
    reader = csv.reader(io.StringIO(_decode(content), newline=""), strict=True)
    header = _read_header(reader)
    sheet = Sheet(unknown_columns=[name for name in header if name not in COLUMNS])
    first_lines = {}
    for line, cells in _numbered(reader, sheet):
        values, reasons = _clean(header, cells)
        reference = values.get("reference")
        if reference and first_lines.setdefault(reference, line) != line:
            reasons.append(f"reference {_quoted(reference)} is already on line {first_lines[reference]}")
        if reasons:
            sheet.rejected.append((line, "; ".join(reasons)))
        else:
            sheet.rows.append(Row(line, values))
    return sheet


def _decode(content):
    # What is not UTF-8 is carried along, so that it costs the row that it stands in and no other.
    text = content.removeprefix(codecs.BOM_UTF8).decode(errors="surrogateescape")
    if not text.strip():
        raise Unreadable("the file is empty")
    return text


def _foreign_byte(cells):
    """The first byte that is not UTF-8, as in "not UTF-8: byte 0xfc", or nothing."""
    foreign = next((char for cell in cells for char in cell if "\udc80" <= char <= "\udcff"), None)
    return f"not UTF-8: byte 0x{ord(foreign) - 0xDC00:02x}" if foreign else ""


def _read_header(reader):
    try:
        header = [name.strip() for name in next(reader)]
    except csv.Error as error:
        raise Unreadable(f"the header cannot be read: {error}") from error
    if foreign := _foreign_byte(header):
        raise Unreadable(foreign)
    twice = sorted({name for name in header if name in COLUMNS and header.count(name) > 1})
    if twice:
        raise Unreadable(f"the header has {', '.join(twice)} twice")
    if "reference" not in header:
        raise Unreadable("the column reference is missing: the first line must name the columns, separated by commas")
    return header


def _numbered(reader, sheet):
    """The rows with the line that each begins on. What is no CSV is rejected there, and reading goes on after it."""
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            sheet.rejected.append((line, f"not readable as CSV: {error}"))
            continue
        if cells:
            yield line, cells


def _clean(header, cells):
    if foreign := _foreign_byte(cells):
        return {}, [foreign]
    if len(cells) != len(header):
        return {}, [f"{len(cells)} fields where the header has {len(header)}"]
    values, reasons = {}, []
    for name, cell in zip(header, cells, strict=True):
        if name not in COLUMNS:
            continue
        try:
            if "\0" in cell:
                raise ValueError("holds a NUL character")
            values[name] = COLUMNS[name](" ".join(cell.split()))
        except ValueError as error:
            reasons.append(f"{name} {error}")
    for role in PEOPLE:
        details = [name for name in PEOPLE[role] if values.get(name)]
        if details and not values.get(f"{role}_ref"):
            # Names are no identity: two people may share one, and the next import could not find this one again.
            reasons.append(f"{details[0]} without {role}_ref, by which people are told apart")
    return values, reasons


# One reader a kind of column. Each takes the text without surplus spaces and raises ValueError with what is wrong.


def _reference(text):
    text = _text(Order, "reference")(text)
    if not text:
        raise ValueError("is missing")
    try:
        check_reference(text)
    except ValidationError as error:
        raise ValueError(f"{_quoted(text)} cannot be used: {' '.join(error.messages)}") from None
    return text


def _text(model, name):
    limit = model._meta.get_field(name).max_length

    def read(text):
        if len(text) > limit:
            raise ValueError(f"is longer than {limit} characters")
        return text

    return read


def _status(text):
    if text and text not in Order.Status.values:
        raise ValueError(f"unknown: {_quoted(text)} is not one of {', '.join(Order.Status.values)}")
    return text


def _moment(text):
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"is not an ISO 8601 date: {_quoted(text)}") from None
    if not 1900 <= moment.year < 2200:
        raise ValueError(f"is not a date of our time: {_quoted(text)}")
    return moment if moment.tzinfo else timezone.make_aware(moment)


def _email(text):
    text = _text(User, "email")(text)
    try:
        if text:
            validate_email(text)
    except ValidationError:
        raise ValueError(f"is not an e-mail address: {_quoted(text)}") from None
    return text


def _freight(text):
    if not text:
        return None
    if not re.fullmatch(r"\d{1,10}(\.\d+)?", text, re.ASCII):
        raise ValueError(f"is not an amount such as 32.38: {_quoted(text)}")
    # Rounded as it is stored, so that the next import finds it unchanged.
    amount = Decimal(text).quantize(Decimal("0.01"), ROUND_HALF_UP)
    if amount >= 10**10:
        raise ValueError(f"is too large: {_quoted(text)}")
    return amount


def _items(text):
    items = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        line = re.fullmatch(r"(\d{1,9}) ?[x×] (.{1,200})", part, re.ASCII)
        if not line:
            raise ValueError(f"must be like 12 x Queso Cabrales; 10 x Tofu, not {_quoted(part)}")
        items.append({"quantity": int(line[1]), "name": line[2]})
    return items


def _quoted(text):
    return repr(text if len(text) <= 60 else text[:57] + "...")


# The columns of a person and the fields that they fill.
PEOPLE = {
    "customer": {
        "customer_name": "name",
        "customer_company": "company",
        "customer_phone": "phone",
        "customer_email": "email",
    },
    "driver": {"driver_name": "name", "driver_phone": "phone"},
}

ORDER_TEXTS = (
    "carrier",
    "dropoff_name",
    "dropoff_street",
    "dropoff_city",
    "dropoff_region",
    "dropoff_postcode",
    "dropoff_country",
)

COLUMNS = {
    "reference": _reference,
    "status": _status,
    "placed_at": _moment,
    "promised_for": _moment,
    "shipped_at": _moment,
    "customer_ref": _text(User, "reference"),
    "customer_name": _text(User, "name"),
    "customer_company": _text(User, "company"),
    "customer_phone": _text(User, "phone"),
    "customer_email": _email,
    "driver_ref": _text(User, "reference"),
    "driver_name": _text(User, "name"),
    "driver_phone": _text(User, "phone"),
    **{name: _text(Order, name) for name in ORDER_TEXTS},
    "items": _items,
    "freight": _freight,
}
