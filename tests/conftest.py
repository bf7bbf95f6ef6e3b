import gc
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AccessLink, User
from chat import actions

from .factories import OrderFactory, TeamFactory, UserFactory
from .mail_sink import MailSink
from .sms_provider import SmsProvider

pytest_plugins = ["tests.services"]


def pytest_collection_finish():
    # Thousands of tests and all that they import stay to the end: no need to look through them again and again.
    gc.collect()
    gc.freeze()


@pytest.fixture
def cast(db):
    """Who there is in most stories: a team, an order with its customer and driver, and outsiders."""
    customer = UserFactory(name="Jose Pavarotti", role=User.Role.CUSTOMER, reference="SAVEA")
    driver = UserFactory(name="Nancy Davolio", role=User.Role.DRIVER, reference="E1")
    return SimpleNamespace(
        dispatcher=TeamFactory(name="Dispatcher 1", username="dispatcher1"),
        colleague=TeamFactory(name="Dispatcher 2", username="dispatcher2"),
        support=TeamFactory(name="Support 1", username="support1", role=User.Role.SUPPORT),
        customer=customer,
        driver=driver,
        other_customer=UserFactory(name="Rita Müller", role=User.Role.CUSTOMER),
        other_driver=UserFactory(name="Robert King", role=User.Role.DRIVER),
        order=OrderFactory(reference="11064", customer=customer, driver=driver),
    )


@pytest.fixture
def chat(cast):
    """The chat of the cast's order: the customer and Dispatcher 1 are in it."""
    conversation, _ = actions.open_order_chat(order=cast.order, actor=cast.dispatcher)
    return conversation


@pytest.fixture
def sign_in():
    """A browser in which this member of the team is signed in: sign_in(person) -> Client."""

    def sign_in(person, **options):
        client = Client(**options)
        client.force_login(person, backend="accounts.backends.TeamBackend")
        return client

    return sign_in


@pytest.fixture
def come_in():
    """A browser that came in by a new web chat link: come_in(person, conversation) -> Client with .link and .door."""

    def come_in(person, conversation=None, client=None, **options):
        client = client or Client(**options)
        only_here = conversation if person.role == User.Role.CUSTOMER else None
        client.link, client.token = AccessLink.make(person=person, conversation=only_here, made_in=conversation)
        response = client.post(reverse("join", args=[client.token]))
        assert response.status_code == 303, response.content
        client.door = f"/g/{client.link.public_id}"
        return client

    return come_in


@pytest.fixture
def mail(settings):
    """The mail server of this installation, which keeps what it is given."""
    sink = MailSink().start()
    settings.MAILERS, settings.EMAIL_IS_SET_UP = sink.settings(), True
    settings.DEFAULT_FROM_EMAIL = "Speedy <chat@speedy.example>"
    yield sink
    sink.stop()


@pytest.fixture
def sms(settings):
    """The SMS provider of this installation, which keeps what it is asked."""
    provider = SmsProvider().start()
    settings.SMS_PROVIDER, settings.SMS_URL, settings.PHONE_REGION = "http", f"{provider.url}/messages", "US"
    settings.SMS_FROM, settings.SMS_TOKEN = "Speedy", "the-token"
    yield provider
    provider.stop()
