"""The product's settings, but for two things that have no part in any fault and take their time in every run.

The servers of these tests are told by DJANGO_SETTINGS_MODULE to use them.
"""

from dispatch_console.settings import *  # noqa: F403
from dispatch_console.settings import STORAGES

# The hashed names need collectstatic, which compresses every file.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

# A slow hash protects people. Here each of them signs in at the start.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
