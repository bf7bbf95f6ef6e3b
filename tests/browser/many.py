"""Ten thousand conversations at once, for `manage.py shell`: each with its customer and a first message."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation, Message, Participant
from orders.models import Order


@transaction.atomic
def fill(count):
    dispatcher = User.objects.create_user("dispatcher", "demo", name="Dispatcher 1")
    now = timezone.now()
    people = User.objects.bulk_create(
        User(role=User.Role.CUSTOMER, name=f"Customer {number:05}", reference=f"M{number}") for number in range(count)
    )
    orders = Order.objects.bulk_create(
        Order(reference=f"M-{number:05}", status=Order.Status.IN_TRANSIT, customer=person)
        for number, person in enumerate(people)
    )
    # The first one is the newest.
    moments = [now - timedelta(minutes=n) for n in range(count)]
    chats = Conversation.objects.bulk_create(
        Conversation(
            order=order,
            created_by=dispatcher,
            last_number=1,
            human_count=1,
            last_activity_at=at,
        )
        for order, at in zip(orders, moments, strict=True)
    )
    Participant.objects.bulk_create(
        Participant(conversation=chat, person=person, added_by=dispatcher)
        for chat, person in zip(chats, people, strict=True)
    )
    said = Message.objects.bulk_create(
        Message(conversation=chat, number=1, human_count=1, author=dispatcher, body="It arrives today.")
        for chat in chats
    )
    for chat, message in zip(chats, said, strict=True):
        chat.last_message = message
    Conversation.objects.bulk_update(chats, ["last_message"], batch_size=500)
