"""A value of the environment that cannot be used stops the start with one line that names the variable."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

# None of our variables is set but those that a test sets.
CLEAN = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def manage(data_dir, *command, **environment):
    """Runs a command of manage.py as on a fresh machine that has these variables."""
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=settings.ROOT,
        env={**CLEAN, "DATA_DIR": str(data_dir), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_nothing_has_to_be_set(tmp_path):
    done = manage(tmp_path, "check")
    assert done.returncode == 0, done.stderr


def test_an_empty_value_is_as_good_as_none(tmp_path):
    names = ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "BASE_URL", "PORT", "DEBUG", "ALLOWED_HOSTS", "TIME_ZONE"]
    names += ["WAIT_LONG_MINUTES", "WAIT_OVER_MINUTES"]
    names += ["LINK_LIFETIME_DAYS", "LINK_READ_ONLY_DAYS", "LINK_DEAD_DAYS", "GONE_QUIET_MINUTES", "RETENTION_DAYS"]
    done = manage(tmp_path, "check", **dict.fromkeys(names, ""))
    assert done.returncode == 0, done.stderr


def test_the_key_of_the_embedded_set_up_is_made_once_and_is_ours_alone(tmp_path):
    manage(tmp_path, "check")
    key = tmp_path / "secret_key"
    first = key.read_text()
    assert len(first) >= 50
    assert key.stat().st_mode & 0o077 == 0

    manage(tmp_path, "check")
    assert key.read_text() == first


def test_a_folder_with_an_odd_name_can_hold_the_data(tmp_path):
    folder = tmp_path / "what is #1?"
    done = manage(
        folder, "shell", "--no-imports", "-c", "from django.db import connection; connection.ensure_connection()"
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "dispatch.sqlite3").exists()


KEY = "VAPID_PRIVATE_KEY"
GOOD_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "mysql://root@127.0.0.1/dispatch"),
        ("DATABASE_URL", "dispatch.sqlite3"),
        ("DATABASE_URL", "postgres://dispatch@127.0.0.1:port/dispatch"),
        ("DATABASE_URL", "postgres://[::1/dispatch"),
        ("REDIS_URL", "foo"),
        ("REDIS_URL", "redis://127.0.0.1:port"),
        ("MAP_URL", "maps.example.com/{query}"),
        ("MAP_URL", "javascript:alert({query})"),
        ("MAP_URL", "https://maps.example.com/"),
        ("PORT", "abc"),
        ("PORT", "0"),
        ("PORT", "99999"),
        ("BASE_URL", "chat.example.com"),
        ("BASE_URL", "https://chat.example.com/console"),
        ("BASE_URL", "https://[chat.example.com"),
        ("BASE_URL", "https://chat.example.com:port"),
        ("ALLOWED_HOSTS", "https://chat.example.com"),
        ("CSRF_TRUSTED_ORIGINS", "chat.example.com"),
        ("RATE_LIMITS", "maybe"),
        ("DEBUG", "perhaps"),
        ("LINK_LIFETIME_DAYS", "0"),
        ("LINK_READ_ONLY_DAYS", "some"),
        ("LINK_READ_ONLY_DAYS", "-1"),
        ("LINK_DEAD_DAYS", "4000"),
        ("GONE_QUIET_MINUTES", "0"),
        ("WAIT_LONG_MINUTES", "0"),
        # Sooner than it is long.
        ("WAIT_OVER_MINUTES", "4"),
        ("RETENTION_DAYS", "-1"),
        # Sooner than it is only there to read.
        ("LINK_DEAD_DAYS", "2"),
        ("TIME_ZONE", "Mars/Olympus_Mons"),
        ("FILES_TOTAL_MB", "much"),
        ("FILES_GUEST_MB_A_DAY", "-1"),
        ("FILES_ACCEL_PATH", "kept-files"),
        ("DATA_DIR", "/dev/null/dispatch"),
        ("DATA_DIR", "/proc/1/dispatch"),
        (KEY, "abc"),
        # No key, although of the right length: nought, and more than there are.
        (KEY, "A" * 43),
        (KEY, "_" * 43),
        (KEY, "/etc/passwd"),
        ("VAPID_SUBJECT", ""),
        ("VAPID_SUBJECT", "me@example.com"),
        ("VAPID_SUBJECT", "mailto:me"),
        ("VAPID_SUBJECT", "http://chat.example.com"),
        ("VAPID_SUBJECT", "https://chat.example.com/about"),
        ("EMAIL_URL", "mail.example.com"),
        ("EMAIL_URL", "http://mail.example.com"),
        ("EMAIL_URL", "smtp://"),
        ("EMAIL_URL", "smtp://mail.example.com:port"),
        ("EMAIL_URL", "smtp://mail.example.com?timeout=soon"),
        ("DEFAULT_FROM_EMAIL", "not an address"),
        ("EMAIL_REPLY_TO", "office@"),
        ("SMS_PROVIDER", "pigeon"),
        ("PHONE_REGION", "Utopia"),
        ("NOTICE_MINUTES_CUSTOMER", "-1"),
        ("NOTICE_MINUTES_DRIVER", "soon"),
        ("NOTICE_PREVIEW", "short"),
        ("WORKER", "maybe"),
        ("WORKER_METRICS_PORT", "99999"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(tmp_path, variable, value):
    more = {KEY: GOOD_KEY} if variable == "VAPID_SUBJECT" else {}
    done = manage(tmp_path, "check", **{"SECRET_KEY": "given", **more, variable: value})
    assert done.returncode != 0
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith(f"{variable}: ")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"FILES_S3_ENDPOINT": "s3.example.com"}, "FILES_S3_ENDPOINT: must look like"),
        ({"FILES_S3_KEY": "given"}, "FILES_S3_KEY: is given together with FILES_S3_SECRET"),
        ({"FILES_ACCEL_PATH": "/kept-files/"}, "FILES_ACCEL_PATH: is for files in DATA_DIR"),
    ],
)
def test_a_bucket_is_whole_or_not_at_all(tmp_path, more, says):
    bucket = {"SECRET_KEY": "given", "FILES_S3_BUCKET": "dispatch"}
    assert manage(tmp_path, "check", **bucket).returncode == 0
    done = manage(tmp_path, "check", **bucket, **more)
    assert done.returncode != 0
    (line,) = done.stderr.splitlines()
    assert line.startswith(says)


def test_a_database_of_its_own_needs_a_key_of_its_own(tmp_path):
    done = manage(tmp_path, "check", DATABASE_URL="postgres://dispatch@127.0.0.1/dispatch")
    assert done.returncode != 0
    assert done.stderr.splitlines() == ["SECRET_KEY: must be set where DATABASE_URL is set"]


@pytest.mark.parametrize("subject", [[], ["--subject", "mailto:admin@example.com"]])
def test_keys_that_are_made_can_be_used_and_are_kept_nowhere(tmp_path, subject):
    environment = {"BASE_URL": "https://chat.example.com", "SECRET_KEY": "given"}
    made = [manage(tmp_path, "make_vapid_keys", *subject, **environment) for _ in range(2)]
    lines = [dict(line.split("=", 1) for line in done.stdout.splitlines()) for done in made]
    assert lines[0].keys() == {KEY, "VAPID_SUBJECT"}
    assert lines[0]["VAPID_SUBJECT"] == (subject[1] if subject else "https://chat.example.com")
    assert lines[0][KEY] != lines[1][KEY]
    assert not any(lines[0][KEY].encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    show = "from django.conf import settings; print(len(settings.VAPID_PUBLIC_KEY), settings.VAPID_SUBJECT)"
    done = manage(tmp_path, "shell", "--no-imports", "-c", show, **environment, **lines[0])
    assert done.stdout.split() == ["87", lines[0]["VAPID_SUBJECT"]], done.stderr


def test_new_keys_in_place_of_others(tmp_path):
    done = manage(tmp_path, "make_vapid_keys", VAPID_PRIVATE_KEY=GOOD_KEY, VAPID_SUBJECT="mailto:me@example.com")
    assert done.returncode == 0
    assert "There is a key already." in done.stderr


def test_keys_for_nobody_are_not_made(tmp_path):
    done = manage(tmp_path, "make_vapid_keys", "--subject", "admin@example.com")
    assert done.returncode == 1
    assert "--subject must look like" in done.stderr
    assert done.stdout == ""


def test_push_services_of_tests_are_not_for_production(tmp_path):
    environment = {"PUSH_TEST_ORIGINS": "http://127.0.0.1:4000", "SECRET_KEY": "given"}
    assert manage(tmp_path, "check", **environment).returncode == 0
    done = manage(tmp_path, "check", BASE_URL="https://chat.example.com", **environment)
    assert done.returncode != 0
    assert done.stderr.startswith("PUSH_TEST_ORIGINS: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"EMAIL_URL": "submission://me:secret@mail.example.com"}, "DEFAULT_FROM_EMAIL"),
        ({"SMS_PROVIDER": "http"}, "SMS_URL"),
        ({"SMS_PROVIDER": "http", "SMS_URL": "gateway.example.com"}, "SMS_URL"),
        ({"SMS_PROVIDER": "twilio"}, "SMS_FROM"),
        ({"SMS_PROVIDER": "twilio", "SMS_FROM": "+15005550006"}, "TWILIO_ACCOUNT_SID"),
        ({"SMS_PROVIDER": "twilio", "SMS_FROM": "+15005550006", "TWILIO_ACCOUNT_SID": "AC1"}, "TWILIO_AUTH_TOKEN"),
    ],
)
def test_what_a_channel_lacks_is_named_and_no_secret_is(tmp_path, given, missing):
    done = manage(tmp_path, "check", **given)
    assert done.returncode != 0
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{missing}: ")
    assert "secret" not in line


MAIL_SERVERS = [
    ("smtp://127.0.0.1", ("127.0.0.1", 25, "", False, False)),
    ("submission://me%40x:pa%3Ass@mail.example.com", ("mail.example.com", 587, "pa:ss", True, False)),
    ("smtps://me:pass@mail.example.com:4650?timeout=5", ("mail.example.com", 4650, "pass", False, True)),
]


@pytest.mark.parametrize(("url", "expected"), MAIL_SERVERS)
def test_a_mail_server_is_read_from_its_address(tmp_path, url, expected):
    asked = "from django.conf import settings as s; o = s.MAILERS['default']['OPTIONS'];"
    asked += "print(repr(tuple(o[name] for name in ('host', 'port', 'password', 'use_tls', 'use_ssl'))))"
    given = {"EMAIL_URL": url, "DEFAULT_FROM_EMAIL": "Speedy <chat@speedy.example>"}
    done = manage(tmp_path, "shell", "--no-imports", "-c", asked, **given)
    assert (done.returncode, done.stdout.strip()) == (0, repr(expected)), done.stderr
