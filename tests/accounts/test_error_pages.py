import pytest
from django.test import Client, RequestFactory
from django.views import defaults

from accounts.models import User


@pytest.fixture
def request_of_nobody():
    """As bare as a request is when the middleware has not seen it: nobody, no viewer, no nonce."""
    return RequestFactory().get("/nowhere/")


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (lambda request: defaults.page_not_found(request, Exception()), 404, "There is nothing here"),
        (lambda request: defaults.permission_denied(request, Exception()), 403, "Not allowed"),
        (lambda request: defaults.bad_request(request, Exception()), 400, "Not understood"),
        (lambda request: defaults.server_error(request), 500, "Something failed here"),
    ],
)
def test_stands_alone(request_of_nobody, answer, status, words):
    """No `db`: a query would fail the test."""
    response = answer(request_of_nobody)

    assert response.status_code == status
    page = response.content.decode()
    assert words in page
    assert page.startswith("<!doctype html>")
    assert "css/door" in page


def test_not_found_asks_the_database_nothing(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/no/such/page/")

    assert response.status_code == 404
    assert 'href="/"' in response.content.decode()


def test_failure_is_answered_in_our_look(sign_in, cast, monkeypatch):
    client = sign_in(cast.dispatcher, raise_request_exception=False)
    assert client.get("/chats/").status_code == 200

    def fail(person):
        raise RuntimeError

    monkeypatch.setattr(User, "is_team", property(fail))
    response = client.get("/chats/")

    assert response.status_code == 500
    assert "Something failed here" in response.content.decode()


def test_address_of_another_site_is_not_understood():
    response = Client(headers={"host": "evil.example"}).get("/login/")

    assert response.status_code == 400
    assert "Not understood" in response.content.decode()
