"""The product's settings, away from what is in var/ and from what the shell of a developer says.

DATABASE_URL, REDIS_URL and CHROMIUM choose what is tested; every other variable would only change what a test means.
"""

import atexit
import os
import shutil
import tempfile

_OURS = ["ALLOWED_HOSTS", "BASE_URL", "CSRF_TRUSTED_ORIGINS", "DEBUG", "HOST", "PORT", "RATE_LIMITS"]
_OURS += ["EMAIL_URL", "DEFAULT_FROM_EMAIL", "EMAIL_REPLY_TO", "SMS_PROVIDER", "PHONE_REGION", "WORKER"]
_OURS += ["NOTICE_MINUTES_CUSTOMER", "NOTICE_MINUTES_DRIVER", "NOTICE_PREVIEW"]
for _variable in _OURS:
    os.environ.pop(_variable, None)
# Of each worker its own: the key keeps the channels of two installations on one Redis apart, and theirs too.
os.environ["SECRET_KEY"] = f"only for tests, where nothing is secret {os.environ.get('PYTEST_XDIST_WORKER', '')}"
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="dispatch-tests-")
atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)

from dispatch_console.settings import *  # noqa: E402, F403
from dispatch_console.settings import DATA_DIR, DATABASES, STORAGES  # noqa: E402
from dispatch_console.vapid import public_key_of  # noqa: E402

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in the product: in memory there is no WAL, and threads lock each other out in other ways.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}

# The hashed names of the product need collectstatic first.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

# Push notifications are offered. Nobody is behind this key.
VAPID_PRIVATE_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"
VAPID_PUBLIC_KEY = public_key_of(VAPID_PRIVATE_KEY)
VAPID_SUBJECT = "mailto:dispatch@example.com"

# A slow hash protects people, and tests sign in hundreds of times.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
