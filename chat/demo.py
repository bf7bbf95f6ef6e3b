"""A shift to look at: conversations as they are in the middle of a working day, about the demo's orders."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from orders.models import Order

from . import actions
from .models import Conversation, Message, Participant, ReadMark

SIGN_INS = [
    ("dispatcher", "Dispatcher 1", User.Role.DISPATCHER, {}),
    ("support", "Support 1", User.Role.SUPPORT, {}),
    ("admin", "Admin", User.Role.DISPATCHER, {"is_staff": True, "is_superuser": True}),
]

# Order, then who did what how many minutes ago. C the customer, D the driver, 1 and 2 dispatchers, S support;
# "+D" and "+S" are additions, "x" closes. A trailing "read" means that the dispatcher has seen all of it.
SHIFT = [
    (
        "11064",
        [
            (40, "1", "Hello, order 11064 is on its way. You can reach us here until it is delivered."),
            (38, "C", "Good. When do you come? The yard takes trucks up to 7.5 t."),
            (37, "1", "Between 14:00 and 14:30, with a 7.5 t box truck."),
            (37, "1", "It has a tail lift."),
            (35, "C", "Perfect."),
            (34, "C", "The front gate on Suffolk Ln. is closed today, please use the dock behind the building."),
            (34, "C", "Ring twice."),
            (33, "1", "Thank you. I add the driver, so that she reads this too."),
            (33, "C", "OK."),
            (32, "+D", ""),
            (26, "D", "Got it. Is there a forklift? It is 77 cases of mutton."),
            (23, "C", "Yes, one, until 15:00."),
            (20, "1", "Dock it is, then. Nancy arrives in ten minutes."),
            (12, "D", "At the dock. Nobody here."),
            (9, "C", "Someone is coming down. Can she wait five minutes?"),
        ],
        12,
    ),
    (
        "11046",
        [
            (60, "2", "Guten Tag, Ihre Lieferung kommt heute am Nachmittag."),
            (4, "C", "Bitte hinten klingeln, die Einfahrt ist zu."),
            (3, "C", "Danke!"),
        ],
        0,
    ),
    ("11073", [(55, "1", "Buenos días, su pedido llega mañana."), (18, "C", "¿Puede venir antes de las 16:00?")], 1),
    (
        "11044",
        [
            (95, "1", "Your order is loaded."),
            (80, "+D", ""),
            (44, "D", "Delivered at the ramp."),
            (42, "C", "The invoice says 12, I count 11. What do I sign?"),
        ],
        2,
    ),
    (
        "11077",
        [
            (120, "1", "We deliver today between 16:00 and 18:00."),
            (70, "C", "All 25 lines in one drop, please."),
            (65, "C", "And call from the gate: https://maps.example.com/rattlesnake-canyon"),
        ],
        3,
    ),
    (
        "11038",
        [
            (180, "1", "Bonjour, votre commande est partie."),
            (150, "+D", ""),
            (62, "D", "Livré."),
            (33, "C", "Merci, c’est bien arrivé."),
            (28, "1", "Avec plaisir. Bonne journée !"),
            (27, "x", ""),
        ],
        "read",
    ),
    (
        "11055",
        [
            (140, "C", "Which gate?"),
            (40, "2", "Gate code is on the delivery note, second page."),
            (38, "C", "Found it."),
            (37, "2", "Good. He is there in ten minutes."),
        ],
        "read",
    ),
    (
        "11067",
        [
            (200, "1", "Ihr Fahrer ist unterwegs."),
            (90, "+D", ""),
            (50, "D", "Stau auf der A4, 20 Minuten später."),
            (48, "1", "Danke. Der Kunde liest es hier mit."),
        ],
        "read",
    ),
    (
        "11041",
        [
            (300, "C", "Is the cold chain kept?"),
            (290, "+S", ""),
            (285, "S", "Yes, 4 °C all the way. The log comes with the papers."),
            (280, "C", "Thank you."),
            (278, "S", "You are welcome."),
        ],
        "read",
    ),
    (
        "11058",
        [(400, "1", "Guten Morgen, wir liefern am Dienstag."), (380, "C", "Passt."), (379, "1", "Bis Dienstag.")],
        "read",
    ),
    (
        "11072",
        [
            (500, "1", "Grüß Gott, zwei Paletten kommen übermorgen."),
            (470, "C", "Stapler ist da."),
            (460, "1", "Bestens."),
        ],
        "read",
    ),
    (
        "11045",
        [
            (1500, "1", "Your order is with the driver."),
            (1490, "+D", ""),
            (1400, "D", "Delivered, signed by E. Lincoln."),
            (1390, "x", ""),
        ],
        "read",
    ),
]


@transaction.atomic
def make_people(password):
    """The sign-ins of the demo, each made once. Returns them by sign-in name."""
    people = {}
    for username, name, role, more in SIGN_INS:
        person, _ = User.objects.get_or_create(username=username, defaults={"name": name, "role": role, **more})
        if not person.check_password(password):
            person.set_password(password)
            person.save(update_fields=["password"])
        people[username] = person
    # A colleague on the same shift, who does not sign in.
    people["colleague"], made = User.objects.get_or_create(
        reference="demo-dispatcher-2", defaults={"name": "Dispatcher 2", "role": User.Role.DISPATCHER}
    )
    if made:
        people["colleague"].set_unusable_password()
        people["colleague"].save(update_fields=["password"])
    return people


@transaction.atomic
def make_shift(people):
    """The conversations of the shift; nothing where there are conversations."""
    if Conversation.objects.exists():
        return
    for reference, script, read in SHIFT:
        order = Order.objects.select_related("customer", "driver").filter(reference=reference).first()
        if order and order.customer:
            _play(order, script, read, people)
    _play_evening_run(people)


def _play(order, script, read, people):
    cast = {
        "1": people["dispatcher"],
        "2": people["colleague"],
        "S": people["support"],
        "C": order.customer,
        "D": order.driver,
    }
    opener = cast["2" if script[0][1] == "2" else "1"]
    conversation, _ = actions.open_order_chat(order=order, actor=opener)
    _move_back(conversation, script[0][0] + 1)
    for minutes_ago, who, body in script:
        if who == "x":
            actions.close_conversation(conversation=conversation, actor=opener)
        elif who.startswith("+"):
            actions.add_participants(conversation=conversation, people=[cast[who[1]]], actor=opener)
        else:
            actions.send_message(conversation=conversation, author=cast[who], body=body)
        _move_back(conversation, minutes_ago)
    _settle(conversation, people["dispatcher"], read)


def _play_evening_run(people):
    drivers = list(User.objects.filter(role=User.Role.DRIVER).order_by("name")[:4])
    if not drivers:
        return
    run = actions.start_conversation(title="Evening run, Seattle", people=drivers, actor=people["dispatcher"])
    _move_back(run, 200)
    actions.send_message(
        conversation=run, author=people["dispatcher"], body="Bridge works on the I-90 from 18:00. Take the 520."
    )
    _move_back(run, 120)
    for minutes_ago, driver, body in [
        (16, drivers[0], "Thanks, seen."),
        (14, drivers[-1], "On the bridge, both lanes closed. 20 minutes at least."),
    ]:
        actions.send_message(conversation=run, author=driver, body=body)
        _move_back(run, minutes_ago)
    actions.send_message(
        conversation=run, author=people["colleague"], body="All of you: the 520 is clear. Customers are told."
    )
    _move_back(run, 11)
    _settle(run, people["dispatcher"], 2)


def _move_back(conversation, minutes):
    """Date what was written last as if it had been written then: actions only know now."""
    then = timezone.now() - timedelta(minutes=minutes)
    fresh = timezone.now() - timedelta(seconds=30)
    Message.objects.filter(conversation=conversation, created_at__gt=fresh).update(created_at=then)
    Participant.objects.filter(conversation=conversation, added_at__gt=fresh).update(added_at=then)
    ReadMark.objects.filter(conversation=conversation, at__gt=fresh).update(at=then)
    rows = Conversation.objects.filter(pk=conversation.pk)
    rows.update(last_activity_at=then)
    rows.filter(waiting_since__gt=fresh).update(waiting_since=then)
    rows.filter(created_at__gt=fresh).update(created_at=then)
    rows.filter(closed_at__gt=fresh).update(closed_at=then)
    if conversation.order_id:
        conversation.order.events.filter(at__gt=fresh, kind__startswith="chat").update(at=then)


def _settle(conversation, dispatcher, read):
    """Let the dispatcher have read up to a message, or all of it."""
    conversation.refresh_from_db()
    number = conversation.last_number if read == "read" else read
    actions.mark_read(conversation=conversation, person=dispatcher, number=number)
    if number:
        mark = Message.objects.get(conversation=conversation, number=number)
        ReadMark.objects.filter(conversation=conversation, person=dispatcher).update(
            number=mark.number, human_count=mark.human_count
        )
