"""Old conversations are erased where somebody has asked for it, and only those."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AccessLink
from chat import actions
from chat.models import Conversation, Message, MessageFile
from tests.files.conftest import own_folder, send_files  # noqa: F401
from tests.files.making import jpeg

from .reading import rows_of, send


@pytest.fixture(autouse=True)
def month(settings):
    settings.RETENTION_DAYS = 30


@pytest.fixture
def old(chat, cast, customer):
    """A closed conversation, long ago, with all that one can have."""
    send(customer, chat, "Which gate?")
    send_files(customer, chat, ("gate.jpg", jpeg()), body="This one?")
    answered = chat.messages.filter(kind=Message.Kind.TEXT).first()
    actions.send_message(conversation=chat, author=cast.dispatcher, body="That one.", reply_to=answered.number)
    actions.mute(conversation=chat, person=cast.dispatcher)
    actions.close_conversation(conversation=chat, actor=cast.dispatcher)
    Conversation.objects.filter(pk=chat.pk).update(last_activity_at=timezone.now() - timedelta(days=31))
    chat.refresh_from_db()
    return chat


def found(client, words):
    """Which conversations a search finds, closed ones too."""
    return [row.conversation for row in rows_of(client.get("/chats/", {"q": words}))]


def test_it_goes_with_all_that_belongs_to_it_and_the_rest_stays(old, cast, dispatcher, customer, settings):
    other = actions.start_conversation(people=[cast.driver], actor=cast.dispatcher, title="")
    actions.send_message(conversation=other, author=cast.dispatcher, body="Which gate?")
    assert found(dispatcher, "gate") == [other.pk, old.pk]

    assert actions.erase_old_conversations() == 1
    actions.collect_files()

    assert list(Conversation.objects.all()) == [other]
    assert not MessageFile.objects.exists()
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    assert not AccessLink.objects.filter(conversation=old.pk).exists()
    assert found(dispatcher, "gate") == [other.pk]
    assert dispatcher.get(f"/chats/{old.pk}/").status_code == 404
    assert customer.get(f"{customer.door}/chats/{old.pk}/").status_code == 404
    # The order stays, and can have a new one.
    assert dispatcher.get(f"/orders/{cast.order.reference}/").status_code == 200
    assert actions.open_order_chat(order=cast.order, actor=cast.dispatcher)[1]


@pytest.mark.parametrize("still", ["open", "recent", "kept for ever"])
def test_what_is_not_to_be_erased(old, settings, still):
    if still == "open":
        Conversation.objects.update(closed_at=None)
    elif still == "recent":
        Conversation.objects.update(last_activity_at=timezone.now() - timedelta(days=29))
    else:
        settings.RETENTION_DAYS = 0

    assert actions.erase_old_conversations() == 0
    assert old.messages.count() > 2 and MessageFile.objects.filter(message__conversation=old).exists()


def test_many_go_by_and_by(chat, cast):
    for number in range(3):
        other = actions.start_conversation(people=[cast.driver], actor=cast.dispatcher, title=str(number))
        actions.close_conversation(conversation=other, actor=cast.dispatcher)
    Conversation.objects.update(last_activity_at=timezone.now() - timedelta(days=400))

    assert actions.erase_old_conversations(limit=2) == 2
    assert actions.erase_old_conversations(limit=2) == 1
    assert list(Conversation.objects.all()) == [chat]


def test_one_that_is_opened_again_meanwhile_stays(old, cast, monkeypatch):
    from chat.actions import retention

    def forget(conversation):
        raise AssertionError("it is not old any more")

    held = retention._erase

    def opened_first(conversation):
        actions.send_message(conversation=old, author=cast.customer, body="One more thing")
        return held(conversation)

    monkeypatch.setattr(retention, "_erase", opened_first)
    monkeypatch.setattr("chat.search.forget", forget)
    assert actions.erase_old_conversations() == 0
    assert old.messages.filter(body="One more thing").exists()
