import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from accounts.models import User
from chat import broadcasts

PASSWORD = "orange-lorry-92"
WRONG = "Name or password is wrong."


@pytest.fixture
def dispatcher(cast):
    cast.dispatcher.set_password(PASSWORD)
    cast.dispatcher.save()
    return cast.dispatcher


@pytest.fixture
def without_constraints(db):
    """The database takes a driver who has a sign-in name, as if somebody had written one past all our checks."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Back again with the end of the test's transaction.
            cursor.execute("ALTER TABLE accounts_user DROP CONSTRAINT only_team_signs_in")
            yield
        else:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            yield
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


def sign_in_as(client, username, password=PASSWORD, **fields):
    return client.post("/login/", {"username": username, "password": password, **fields})


def is_signed_in(client):
    return client.get("/chats/").status_code == 200


class TestSigningIn:
    def test_right_password_opens_the_chats(self, client, dispatcher):
        assert not is_signed_in(client)

        response = sign_in_as(client, "dispatcher1")

        assert (response.status_code, response.url) == (303, "/chats/")
        assert is_signed_in(client)

    def test_wrong_password_is_said_and_the_name_is_kept(self, client, dispatcher):
        response = sign_in_as(client, "dispatcher1", "wrong")

        assert response.status_code == 422
        page = response.content.decode()
        assert WRONG in page
        assert 'value="dispatcher1"' in page
        assert not is_signed_in(client)

    @pytest.mark.parametrize("name", ["", "nobody", "x" * 151, "dispatcher1\0", "\ud7ff", "<script>"])
    def test_any_other_name_gets_the_same_answer(self, client, dispatcher, name):
        response = sign_in_as(client, name)

        assert response.status_code == 422
        assert WRONG in response.content.decode()
        assert "<script>" not in response.content.decode()

    def test_nothing_at_all_gets_the_same_answer(self, client, db):
        response = client.post("/login/")

        assert response.status_code == 422
        assert WRONG in response.content.decode()

    def test_deactivated_person_cannot(self, client, dispatcher):
        assert sign_in_as(Client(), "dispatcher1").status_code == 303
        User.objects.filter(pk=dispatcher.pk).update(is_active=False)

        response = sign_in_as(client, "dispatcher1")

        assert response.status_code == 422
        assert WRONG in response.content.decode()

    def test_deactivating_ends_the_session(self, client, dispatcher):
        sign_in_as(client, "dispatcher1")
        assert is_signed_in(client)

        User.objects.filter(pk=dispatcher.pk).update(is_active=False)

        assert not is_signed_in(client)

    @pytest.mark.parametrize("role", [User.Role.DRIVER, User.Role.CUSTOMER])
    def test_driver_or_customer_cannot_whatever_the_database_holds(self, client, dispatcher, role, without_constraints):
        assert sign_in_as(Client(), "dispatcher1").status_code == 303
        User.objects.filter(pk=dispatcher.pk).update(role=role)

        response = sign_in_as(client, "dispatcher1")

        assert response.status_code == 422
        assert WRONG in response.content.decode()

    def test_who_is_no_longer_of_the_team_is_out(self, client, dispatcher, without_constraints):
        sign_in_as(client, "dispatcher1")
        assert is_signed_in(client)

        User.objects.filter(pk=dispatcher.pk).update(role=User.Role.DRIVER)

        assert not is_signed_in(client)

    def test_session_gets_a_new_key(self, client, dispatcher):
        planted = client.session.session_key
        assert client.cookies["sessionid"].value == planted

        sign_in_as(client, "dispatcher1")

        assert client.session.session_key != planted
        assert is_signed_in(client)
        client.cookies["sessionid"] = planted
        assert not is_signed_in(client)

    def test_form_of_another_site_is_refused(self, dispatcher):
        client = Client(enforce_csrf_checks=True)
        token = client.get("/login/").cookies["csrftoken"].value
        assert sign_in_as(client, "dispatcher1", csrfmiddlewaretoken=token).status_code == 303

        response = sign_in_as(Client(enforce_csrf_checks=True), "dispatcher1")

        assert response.status_code == 403
        assert "Not sent" in response.content.decode()


class TestWhereItLeads:
    def test_page_that_was_wanted(self, client, dispatcher):
        wanted = client.get("/orders/?q=pavlova&status=in_transit")
        assert wanted.status_code == 302
        form = client.get(wanted.url)
        assert 'name="next" value="/orders/?q=pavlova&amp;status=in_transit"' in form.content.decode()

        response = sign_in_as(client, "dispatcher1", next=form.context["next"])

        assert response.url == "/orders/?q=pavlova&status=in_transit"

    def test_wrong_password_keeps_the_page_that_was_wanted(self, client, dispatcher):
        response = sign_in_as(client, "dispatcher1", "wrong", next="/orders/")

        assert 'name="next" value="/orders/"' in response.content.decode()

    @pytest.mark.parametrize(
        "elsewhere",
        [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "javascript:alert(1)",
            "http:///evil.example",
            "\0/",
        ],
    )
    def test_never_another_site(self, client, dispatcher, elsewhere):
        response = sign_in_as(client, "dispatcher1", next=elsewhere)

        assert (response.status_code, response.url) == (303, "/chats/")

    def test_who_is_signed_in_goes_on(self, client, dispatcher):
        sign_in_as(client, "dispatcher1")

        assert client.get("/login/").url == "/chats/"
        assert client.get("/login/", {"next": "/orders/"}).url == "/orders/"
        assert client.get("/login/", {"next": "https://evil.example/"}).url == "/chats/"

    @pytest.mark.parametrize("circle", ["/login/", "/login/?next=/login/"])
    def test_never_in_circles(self, client, dispatcher, circle):
        sign_in_as(client, "dispatcher1")

        assert client.get("/login/", {"next": circle}).url == "/chats/"


class TestTooManyTries:
    @pytest.fixture(autouse=True)
    def three_tries(self, settings):
        settings.AXES_ENABLED, settings.AXES_FAILURE_LIMIT = True, 3

    def test_lock_says_so_and_for_how_long(self, client, dispatcher):
        assert [sign_in_as(client, "dispatcher1", "wrong").status_code for _ in range(3)] == [422, 422, 429]

        response = sign_in_as(client, "dispatcher1", next="/orders/")

        assert response.status_code == 429
        assert response["Retry-After"] == "900"
        page = response.content.decode()
        assert "Too many wrong passwords. Try again in 15 minutes." in page
        assert 'value="dispatcher1"' in page
        assert 'name="next" value="/orders/"' in page
        assert not is_signed_in(client)

    def test_admin_has_the_same_lock(self, client, dispatcher):
        for _ in range(3):
            sign_in_as(client, "dispatcher1", "wrong")

        response = client.post("/admin/login/", {"username": "dispatcher1", "password": PASSWORD})

        assert response.status_code == 429

    def test_locks_nobody_else(self, client, dispatcher, cast):
        cast.colleague.set_password(PASSWORD)
        cast.colleague.save()
        for _ in range(3):
            sign_in_as(client, "dispatcher1", "wrong")
        assert sign_in_as(client, "dispatcher1").status_code == 429

        assert sign_in_as(client, "dispatcher2").status_code == 303
        assert (
            Client(REMOTE_ADDR="192.0.2.7")
            .post("/login/", {"username": "dispatcher1", "password": PASSWORD})
            .status_code
            == 303
        )

    def test_right_password_in_time_starts_the_count_again(self, client, dispatcher):
        for _ in range(2):
            sign_in_as(client, "dispatcher1", "wrong")

        assert sign_in_as(client, "dispatcher1").status_code == 303
        assert sign_in_as(Client(), "dispatcher1", "wrong").status_code == 422

    def test_what_was_typed_is_not_written_down(self, client, dispatcher):
        sign_in_as(client, "dispatcher1", "a-password-for-something-else")

        attempt = AccessAttempt.objects.get()
        assert "a-password-for-something-else" not in str(vars(attempt))


class TestSigningOut:
    def test_ends_the_session(self, client, dispatcher):
        sign_in_as(client, "dispatcher1")
        assert is_signed_in(client)
        assert Session.objects.count() == 1

        response = client.post("/logout/")

        assert (response.status_code, response.url) == (303, "/login/")
        assert not is_signed_in(client)
        assert Session.objects.count() == 0

    def test_tells_the_sockets(self, client, dispatcher, monkeypatch, django_capture_on_commit_callbacks):
        told = []
        monkeypatch.setattr(broadcasts, "access_changed", told.append)
        sign_in_as(client, "dispatcher1")

        with django_capture_on_commit_callbacks(execute=True):
            client.post("/logout/")

        assert told == [dispatcher.pk]

    def test_happens_although_the_sockets_cannot_be_told(
        self, client, dispatcher, monkeypatch, django_capture_on_commit_callbacks
    ):
        def fail(person_id):
            raise ConnectionError

        monkeypatch.setattr(broadcasts, "access_changed", fail)
        sign_in_as(client, "dispatcher1")
        assert is_signed_in(client)

        with django_capture_on_commit_callbacks(execute=True):
            assert client.post("/logout/").status_code == 303

        assert not is_signed_in(client)

    def test_cannot_be_done_by_a_link(self, client, dispatcher):
        sign_in_as(client, "dispatcher1")

        assert client.get("/logout/").status_code == 405
        assert is_signed_in(client)

    def test_by_nobody_is_nothing(self, client, db):
        assert client.post("/logout/").url == "/login/"

    def test_form_of_another_site_is_refused(self, sign_in, dispatcher):
        client = sign_in(dispatcher, enforce_csrf_checks=True)

        assert client.post("/logout/").status_code == 403
        assert is_signed_in(client)


def test_a_forged_session_cookie_is_no_session(client, cast):
    client.cookies.load('sessionid="\\000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"')
    assert "\0" in client.cookies["sessionid"].value
    assert client.get("/login/").status_code == 200
    assert client.get("/chats/").status_code == 302
