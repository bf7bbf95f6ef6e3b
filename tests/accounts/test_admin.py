import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User

from ..factories import TeamFactory, UserFactory

PEOPLE = "/admin/accounts/user/"


@pytest.fixture
def admin(cast, sign_in):
    User.objects.filter(pk=cast.dispatcher.pk).update(is_staff=True, is_superuser=True)
    cast.dispatcher.refresh_from_db()
    return sign_in(cast.dispatcher)


def change_path(person):
    return f"{PEOPLE}{person.pk}/change/"


def form_of(page):
    """What the browser would send back of the admin's form as it was shown."""
    values = page.context["adminform"].form
    fields = {name: values[name].value() for name in values.fields}
    return {name: "on" if value is True else value for name, value in fields.items() if value not in (None, False)}


def errors_of(page):
    assert page.status_code == 200, "the form was accepted"
    return " ".join(str(error) for errors in page.context["adminform"].form.errors.values() for error in errors)


class TestList:
    @pytest.mark.parametrize(
        "words", ["Pavarotti", "dispatcher2", "555-7777", "rita@example.com", "SAVEA", "Save-a-lot"]
    )
    def test_finds_people(self, admin, cast, words):
        User.objects.filter(pk=cast.customer.pk).update(company="Save-a-lot Markets", phone="(208) 555-7777")
        User.objects.filter(pk=cast.other_customer.pk).update(email="rita@example.com")

        page = admin.get(PEOPLE, {"q": words})

        assert page.status_code == 200
        assert len(page.context["cl"].result_list) == 1

    def test_filters(self, admin, cast):
        User.objects.filter(pk=cast.driver.pk).update(is_active=False)

        drivers = admin.get(PEOPLE, {"role__exact": "driver", "is_active__exact": "1"}).context["cl"].result_list

        assert list(drivers) == [cast.other_driver]

    def test_number_of_queries_does_not_grow(self, admin):
        def queries():
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert admin.get(PEOPLE).status_code == 200
            return len(captured)

        few = queries()
        UserFactory.create_batch(40)
        TeamFactory.create_batch(5)

        assert queries() == few

    @pytest.mark.parametrize("words", ["\0", "%", "'", "x" * 5000])
    def test_strange_words_find_nothing(self, admin, words):
        assert admin.get(PEOPLE, {"q": words}).status_code in (200, 302)

    def test_is_for_admins(self, client, sign_in, cast):
        assert sign_in(cast.colleague).get(PEOPLE).status_code == 302
        assert client.get(PEOPLE).status_code == 302


class TestAdding:
    def add(self, admin, **fields):
        return admin.post(f"{PEOPLE}add/", {"name": "Laura Callahan", "is_active": "on", **fields})

    def test_form_opens(self, admin):
        page = admin.get(f"{PEOPLE}add/")

        assert page.status_code == 200
        assert {"role", "username", "is_staff", "is_superuser"} <= set(page.context["adminform"].form.fields)

    def test_driver_without_a_name_to_sign_in_with(self, admin):
        assert self.add(admin, role="driver").status_code == 302

        driver = User.objects.get(name="Laura Callahan")
        assert (driver.role, driver.username, driver.reference) == ("driver", None, None)
        assert not driver.has_usable_password()

    def test_two_drivers_without_one_do_not_collide(self, admin):
        assert [self.add(admin, role="driver", username=" ").status_code for _ in range(2)] == [302, 302]

    def test_dispatcher_who_can_sign_in_at_once(self, admin, client):
        added = self.add(
            admin, role="dispatcher", username="laura", password1="orange-lorry-92", password2="orange-lorry-92"
        )
        assert added.status_code == 302, errors_of(added)

        signed_in = client.post("/login/", {"username": "laura", "password": "orange-lorry-92"})

        assert signed_in.status_code == 303

    def test_dispatcher_without_a_password_cannot_sign_in_yet(self, admin, client):
        assert self.add(admin, role="dispatcher", username="laura").status_code == 302
        assert not User.objects.get(username="laura").has_usable_password()

        assert client.post("/login/", {"username": "laura", "password": ""}).status_code == 422

    @pytest.mark.parametrize("role", ["driver", "customer"])
    @pytest.mark.parametrize(
        "right",
        [
            {"username": "laura"},
            {"is_staff": "on"},
            {"is_superuser": "on"},
            {"password1": "orange-lorry-92", "password2": "orange-lorry-92"},
        ],
    )
    def test_driver_or_customer_with_a_right_to_sign_in_is_refused(self, admin, role, right):
        page = self.add(admin, role=role, **right)

        assert "come in by a link" in errors_of(page)
        assert not User.objects.filter(name="Laura Callahan").exists()

    @pytest.mark.parametrize(
        ("fields", "error"),
        [
            ({"role": "pilot"}, "not one of the available choices"),
            ({"role": "driver", "name": ""}, "required"),
            ({"role": "driver", "name": "x" * 201}, "at most 200"),
            ({"role": "driver", "name": "a\0b"}, "Null characters"),
            ({"role": "driver", "email": "not an address"}, "valid email"),
            ({"role": "driver", "reference": "SAVEA"}, "already exists"),
            ({"role": "support", "username": "Dispatcher2"}, "already exists"),
            ({"role": "support", "username": "x" * 151}, "at most 150"),
            ({"role": "support", "password1": "orange-lorry-92"}, "required"),
            ({"role": "support", "password1": "orange-lorry-92", "password2": "other"}, "match"),
            ({"role": "support", "password1": "short", "password2": "short"}, "too short"),
        ],
    )
    def test_what_is_wrong_is_said(self, admin, fields, error):
        assert error in errors_of(self.add(admin, **fields))


class TestChanging:
    def test_form_shows_no_password_and_saves_as_it_is(self, admin, cast):
        for person in (cast.colleague, cast.driver):
            person.refresh_from_db()
            before = User.objects.filter(pk=person.pk).values().get()
            page = admin.get(change_path(person))
            assert page.status_code == 200

            saved = admin.post(change_path(person), form_of(page))

            assert saved.status_code == 302, errors_of(saved)
            assert User.objects.filter(pk=person.pk).values().get() == before

    def test_deactivated_person_is_out(self, admin, cast, sign_in):
        colleague = sign_in(cast.colleague)
        assert colleague.get("/chats/").status_code == 200
        fields = form_of(admin.get(change_path(cast.colleague)))
        del fields["is_active"]

        saved = admin.post(change_path(cast.colleague), fields)

        assert saved.status_code == 302, errors_of(saved)
        assert colleague.get("/chats/").status_code == 302

    def test_driver_gets_no_name_to_sign_in_with(self, admin, cast):
        fields = form_of(admin.get(change_path(cast.driver)))

        page = admin.post(change_path(cast.driver), {**fields, "username": "nancy"})

        assert "come in by a link" in errors_of(page)

    def test_who_signs_in_cannot_become_a_driver(self, admin, cast):
        fields = form_of(admin.get(change_path(cast.colleague)))

        page = admin.post(change_path(cast.colleague), {**fields, "role": "driver"})

        assert "come in by a link" in errors_of(page)

    def test_password_can_be_set(self, admin, cast, client):
        path = f"{PEOPLE}{cast.colleague.pk}/password/"
        assert admin.get(path).status_code == 200

        admin.post(
            path,
            {
                "usable_password": "true",
                "set-password": "1",
                "password1": "orange-lorry-92",
                "password2": "orange-lorry-92",
            },
        )

        assert client.post("/login/", {"username": "dispatcher2", "password": "orange-lorry-92"}).status_code == 303


class TestQuietHours:
    def test_are_kept_with_the_persons_own_time_zone(self, admin, cast):
        path = change_path(cast.customer)
        given = {"quiet_from": "22:00", "quiet_until": "07:00", "time_zone": "Asia/Tokyo", "reached_by": "email"}
        assert admin.post(path, {**form_of(admin.get(path)), **given}).status_code == 302
        cast.customer.refresh_from_db()
        assert (cast.customer.quiet_from.hour, cast.customer.quiet_until.hour) == (22, 7)
        assert (cast.customer.time_zone, cast.customer.reached_by) == ("Asia/Tokyo", "email")

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ({"quiet_from": "22:00"}, "Give both times, or none."),
            ({"quiet_from": "22:00", "quiet_until": "22:00"}, "Give two different times, or none."),
            ({"time_zone": "Mars/Olympus"}, "Not a time zone. Write a name like Europe/Berlin."),
            ({"time_zone": "../../etc/passwd"}, "Not a time zone. Write a name like Europe/Berlin."),
            ({"reached_by": "pigeon"}, "Select a valid choice. pigeon is not one of the available choices."),
        ],
    )
    def test_what_cannot_be_is_refused_with_a_sentence(self, admin, cast, given, sentence):
        path = change_path(cast.customer)
        assert errors_of(admin.post(path, {**form_of(admin.get(path)), **given})) == sentence
