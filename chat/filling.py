"""What a quick reply leaves open, and how it is filled in for a conversation.

Plain substitution, and once: what is put in is text and never a template, whatever somebody is called.
"""

import re
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders.models import has_clock

# The fields, what each stands for, and an example.
FIELDS = {
    "customer": (_("The customer’s name"), "Jose Pavarotti"),
    "company": (_("The customer’s company"), "Save-a-lot Markets"),
    "order": (_("The order’s number"), "11064"),
    "status": (_("Where the order is"), _("in transit")),
    "promised": (_("When it is promised"), _("today by 15:00")),
    "address": (_("Where it is delivered"), "187 Suffolk Ln., 83720 Boise, USA"),
    "driver": (_("The driver’s name"), "Nancy Davolio"),
    "me": (_("Your name"), "Dispatcher 1"),
}
FIELD = re.compile(r"\{([^{}]*)\}")


def name_of(match):
    return match[1].strip().lower()


def unknown_fields(body: str) -> list[str]:
    """The names in braces for which nothing stands, as they were typed: ["{adress}"]."""
    return list(dict.fromkeys(match[0] for match in FIELD.finditer(body) if name_of(match) not in FIELDS))


def has_stray_brace(body: str) -> bool:
    """Whether a brace is there that belongs to no field, as in "{driver" or "{{driver}}"."""
    return bool(re.search(r"[{}]", FIELD.sub("", body)))


def fill(body: str, values: dict) -> str:
    """The text with what is known put in. What is not known is shown as missing, "[driver?]", and never left out."""
    return FIELD.sub(lambda match: values.get(name_of(match)) or f"[{name_of(match)}?]", body)


def values_for(conversation, viewer, zone=None) -> dict:
    """What stands for each field in this conversation; "" for what is not known. `zone` is that of the viewer's clock.

    An order says who its customer and its driver are. Without one it is who is in the conversation, if it is one.
    """
    order = conversation.order
    customer = order.customer if order else _only(conversation, User.Role.CUSTOMER)
    driver = order.driver if order else _only(conversation, User.Role.DRIVER)
    values = {"customer": customer and customer.name, "company": customer and customer.company}
    values |= {"driver": driver and driver.name, "me": viewer.person.name}
    if order:
        values |= {
            "order": order.reference,
            "status": order.get_status_display().lower(),
            "promised": order.promised_for and promise_in_words(order.promised_for, zone),
            "address": order.address,
        }
    return {name: " ".join((values.get(name) or "").split()) for name in FIELDS}


def _only(conversation, role):
    people = [row.person for row in conversation.people_rows if row.person.role == role]
    return people[0] if len(people) == 1 else None


def promise_in_words(at, zone: ZoneInfo | None = None) -> str:
    """_("today by 15:00"), "tomorrow", "on 26 November by 9:30": as it goes on in a sentence."""
    if not has_clock(at):
        # A day is the same day for every reader, so it is not moved into the reader's zone.
        return _day_in_words(timezone.localdate(at), timezone.localdate())
    day = _day_in_words(timezone.localdate(at, zone), timezone.localdate(timezone=zone))
    return gettext("{day} by {time}").format(day=day, time=date_format(timezone.localtime(at, zone), "G:i"))


def _day_in_words(date, today):
    near = {0: gettext("today"), 1: gettext("tomorrow"), -1: gettext("yesterday")}
    # Translators: a day with its month, as in "on 26 November".
    written = gettext("on {date}").format(date=date_format(date, "j F" if date.year == today.year else "DATE_FORMAT"))
    return near.get((date - today).days, written)
