"""Put a CSV file of orders into the database: orders, and their customers and drivers, each by reference."""

from dataclasses import dataclass, field
from itertools import batched

from django.db import transaction

from accounts.models import User

from .models import Order, OrderEvent
from .news import tell_changed
from .reading import ORDER_TEXTS, PEOPLE, read_sheet

# One transaction each, in about ten statements: few enough for speed, short enough that chats go on meanwhile.
BATCH = 200
PLAIN_FIELDS = ("placed_at", "promised_for", "shipped_at", *ORDER_TEXTS, "items", "freight")


@dataclass
class Outcome:
    """What an import did. Created and updated count orders: one whose people have changed counts as updated."""

    created: int = 0
    updated: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)  # line, reason
    unknown_columns: list[str] = field(default_factory=list)


def import_orders(content: bytes) -> Outcome:
    """Import the rows that can be; say why the others cannot. Raises reading.Unreadable when the whole file cannot."""
    sheet = read_sheet(content)
    rows, wrong = _split_by_role(sheet.rows)
    outcome = Outcome(rejected=sorted(sheet.rejected + wrong), unknown_columns=sheet.unknown_columns)
    # Rows may disagree about a person: the last one counts, for the whole file, so that the next run changes nothing.
    details = {row.values[f"{role}_ref"]: row.person(role) for row in rows for role in _people_in(row)}
    changed_people = set()
    for batch in batched(rows, BATCH):
        with transaction.atomic():
            _import_batch(batch, details, changed_people, outcome)
    return outcome


def _people_in(row):
    """The roles of the people whom the row names."""
    return [role for role in PEOPLE if row.values.get(f"{role}_ref")]


def _split_by_role(rows):
    """The rows whose people are what the row takes them for, and the others as (line, reason)."""
    references = {row.values[f"{role}_ref"] for row in rows for role in _people_in(row)}
    roles = {}
    for some in batched(references, BATCH):
        roles.update(User.objects.filter(reference__in=some).values_list("reference", "role"))
    good, wrong = [], []
    for row in rows:
        reasons = []
        for role in _people_in(row):
            reference = row.values[f"{role}_ref"]
            known = User.Role(roles.setdefault(reference, role))
            if known != role:
                reasons.append(f"{role}_ref {reference!r} is a {known.label.lower()}, not a {role}")
        if reasons:
            wrong.append((row.line, "; ".join(reasons)))
        else:
            good.append(row)
    return good, wrong


def _import_batch(rows, details, changed_people, outcome):
    people = _save_people(rows, details, changed_people)
    # no_key: a chat that is being opened for one of these orders need not wait.
    orders = Order.objects.select_for_update(of=["self"], no_key=True).select_related("customer", "driver")
    orders = orders.filter(reference__in=[row.reference for row in rows]).order_by("pk")
    stored = {order.reference: order for order in orders}
    new, changed, updated, events, changed_fields = [], [], [], [], set()
    for row in rows:
        order = stored.get(row.reference)
        if order is None:
            order = Order(reference=row.reference)
            _fill(order, row, people)
            new.append(order)
            events.append(OrderEvent(order=order, kind=OrderEvent.Kind.IMPORTED))
            continue
        driver, status = order.driver, order.status
        news = _fill(order, row, people)
        if news:
            changed.append(order)
            changed_fields.update(news)
        elif changed_people.isdisjoint([order.customer_id, order.driver_id]):
            continue
        outcome.updated += 1
        updated.append(order)
        events += order.note_changes(driver=driver, status=status)
    outcome.created += len(Order.objects.bulk_create(new))
    if changed:
        Order.objects.bulk_update(changed, sorted(changed_fields))
    OrderEvent.objects.bulk_create(events)
    tell_changed(updated)


def _fill(order, row, people):
    """Give the order what the row says, and return the names of what is new."""
    values = {name: row.values[name] for name in PLAIN_FIELDS if name in row.values}
    # An order always has a status, so that an empty one says nothing.
    if row.values.get("status"):
        values["status"] = row.values["status"]
    for role in PEOPLE:
        if f"{role}_ref" in row.values:
            values[role] = people.get(row.values[f"{role}_ref"])
    return _set(order, values)


def _save_people(rows, details, changed_people):
    """The people of these rows by reference, made or brought up to date."""
    roles = {row.values[f"{role}_ref"]: role for row in rows for role in _people_in(row)}
    people = {person.reference: person for person in _locked_people(roles)}
    new, changed = [], []
    for reference, role in roles.items():
        # Everybody has a name. Where the file has none, a known one stays, and a new person goes by what there is.
        values = {name: value for name, value in details[reference].items() if value or name != "name"}
        if reference not in people:
            person = User(reference=reference, role=role, name=values.get("company") or reference)
            person.set_unusable_password()
            _set(person, values)
            new.append(person)
        elif _set(people[reference], values):
            changed.append(people[reference])
    User.objects.bulk_create(new)
    User.objects.bulk_update(changed, ["name", "company", "phone", "email"])
    changed_people.update(person.pk for person in changed)
    return people | {person.reference: person for person in new}


def _locked_people(references):
    return User.objects.select_for_update(no_key=True).filter(reference__in=references).order_by("pk")


def _set(thing, values):
    news = [name for name, value in values.items() if getattr(thing, name) != value]
    for name in news:
        setattr(thing, name, values[name])
    return news
