"""All settings, read from the environment. README.md lists the variables.

A value that cannot be used ends the start with one line that names the variable: half a configuration is worse than
none, and a stack trace tells an admin nothing.
"""

import os
import secrets
import sys
from email.utils import parseaddr
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.csp import CSP
from environs import Env, EnvError

from dispatch_console import vapid

ROOT = Path(__file__).resolve().parent.parent
MEGABYTE = 1024 * 1024

env = Env()


def stop(variable, reason):
    sys.exit(f"{variable}: {reason}")


def read(reader, variable, default):
    # An empty value is the only way in which a compose file can say "not set".
    if os.environ.get(variable) == "":
        del os.environ[variable]
    try:
        return reader(variable, default)
    except (EnvError, ValueError) as error:
        stop(variable, str(error).replace("\n", " "))


def is_url(text, *schemes):
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and "://" in text and parts.port != 0
    except ValueError:
        # Brackets that do not close, or a port that is no number.
        return False


def read_address(variable, default):
    """The address under which people reach the site: a scheme and a host, without a path."""
    address = read(env.str, variable, default).rstrip("/")
    if not is_url(address, "http", "https") or urlsplit(address).path or not urlsplit(address).hostname:
        stop(variable, f"must look like https://chat.example.com, not {address!r}")
    return address


def read_database(variable, default):
    url = read(env.str, variable, default)
    scheme = url.partition(":")[0]
    if scheme not in ("sqlite", "postgres", "postgresql"):
        stop(variable, "must begin with sqlite: or postgres:")
    return read(env.dj_db_url, variable, default)


def read_redis(variable):
    url = read(env.str, variable, "")
    if url and not is_url(url, "redis", "rediss", "unix"):
        # The value itself may hold a password.
        stop(variable, "must look like redis://host:6379, or begin with rediss:// or unix://")
    return url


def read_map(variable, default):
    """The address of a map, in which {query} is the place that is looked for."""
    address = read(env.str, variable, default)
    if not is_url(address, "http", "https") or address.count("{query}") != 1:
        stop(variable, f"must look like https://maps.example.com/?q={{query}}, not {address!r}")
    return address


def read_time_zone(variable, default):
    name = read(env.str, variable, default)
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        stop(variable, f"must be a name like Europe/Berlin, not {name!r}")
    return name


def read_switch(variable, default):
    value = read(env.str, variable, default)
    if value not in ("on", "off"):
        stop(variable, f"must be on or off, not {value!r}")
    return value == "on"


def read_count(variable, default, most):
    count = read(env.int, variable, default)
    if not 0 <= count <= most:
        stop(variable, f"must be between 0 and {most}, not {count}")
    return count


def read_mailer(variable):
    """The mail server: smtp://host:25, submission://name:password@host:587 (STARTTLS), smtps://host:465; or none."""
    url = read(env.str, variable, "")
    if not url:
        return {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    # The value itself may hold a password.
    if not is_url(url, "smtp", "submission", "smtps") or not urlsplit(url).hostname:
        stop(variable, "must look like submission://name:password@mail.example.com:587, or begin with smtp: or smtps:")
    parts = urlsplit(url)
    timeout = parse_qs(parts.query).get("timeout", ["15"])[-1]
    if not timeout.isdigit() or not 0 < int(timeout) <= 30:
        stop(variable, "timeout= must be between 1 and 30 seconds")
    options = {
        "host": parts.hostname,
        "port": parts.port or {"smtp": 25, "submission": 587, "smtps": 465}[parts.scheme],
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_tls": parts.scheme == "submission",
        "use_ssl": parts.scheme == "smtps",
        "timeout": int(timeout),
    }
    return {"BACKEND": "dispatch_console.mail.EmailBackend", "OPTIONS": options}


def read_mailbox(variable, default=""):
    """An e-mail address, with or without a name before it."""
    value = read(env.str, variable, default)
    try:
        if value:
            validate_email(parseaddr(value)[1])
    except ValidationError:
        stop(variable, f"must look like chat@example.com or Our Name <chat@example.com>, not {value!r}")
    return value


def needed(variable, why):
    value = read(env.str, variable, "")
    if not value:
        stop(variable, f"must be set where {why}")
    return value


def read_vapid():
    """The private key of push notifications, its public half, and whom push services write to: all empty for none."""
    private_key, subject = (read(env.str, name, "") for name in ("VAPID_PRIVATE_KEY", "VAPID_SUBJECT"))
    if not private_key:
        return "", "", ""
    try:
        public_key = vapid.public_key_of(private_key)
    except ValueError:
        # Not the value itself: it may be a key that is cut off.
        stop("VAPID_PRIVATE_KEY", "must be a key from manage.py make_vapid_keys")
    if not vapid.SUBJECT.fullmatch(subject):
        stop("VAPID_SUBJECT", f"must look like mailto:you@example.com or https://chat.example.com, not {subject!r}")
    return private_key, public_key, subject


def read_megabytes(variable, default):
    """So many, in bytes."""
    megabytes = read(env.int, variable, default)
    if megabytes < 0:
        stop(variable, f"must not be below 0, not {megabytes}")
    return megabytes * MEGABYTE


def read_bucket():
    """Where files go that are not to lie in DATA_DIR: a storage for Django, or None."""
    bucket = read(env.str, "FILES_S3_BUCKET", "")
    if not bucket:
        return None
    try:
        from botocore.config import Config
        from storages.backends import s3  # noqa: F401
    except ImportError:
        stop("FILES_S3_BUCKET", "takes django-storages with boto3: uv sync --extra s3")
    endpoint = read(env.str, "FILES_S3_ENDPOINT", "")
    if endpoint and not is_url(endpoint, "http", "https"):
        stop("FILES_S3_ENDPOINT", f"must look like https://s3.example.com, not {endpoint!r}")
    given = {
        "bucket_name": bucket,
        "endpoint_url": endpoint or None,
        "region_name": read(env.str, "FILES_S3_REGION", "") or None,
        # Without them, where boto3 looks for them: in its own variables, its file, or what the machine may do.
        "access_key": read(env.str, "FILES_S3_KEY", "") or None,
        "secret_key": read(env.str, "FILES_S3_SECRET", "") or None,
    }
    if bool(given["access_key"]) != bool(given["secret_key"]):
        stop("FILES_S3_KEY", "is given together with FILES_S3_SECRET, or neither")
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            **given,
            # Random names are taken by nobody, so that asking first is in vain.
            "file_overwrite": True,
            "default_acl": None,
            # To the disk, while it is read.
            "max_memory_size": 256 * 1024,
            # Somebody waits for it.
            "client_config": Config(
                connect_timeout=5, read_timeout=20, retries={"max_attempts": 2}, s3={"addressing_style": "auto"}
            ),
        },
    }


def read_amount(variable, default, unit, most):
    amount = read(env.int, variable, default)
    if not 0 < amount <= most:
        stop(variable, f"must be a number of {unit} from 1 to {most}, not {amount}")
    return amount


def kept_secret(path):
    """A random key for the embedded set-up, made once and kept beside the database."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


# Where it runs

DEBUG = read(env.bool, "DEBUG", False)
HOST = read(env.str, "HOST", "127.0.0.1")
PORT = read(env.int, "PORT", 8000)
if not 0 < PORT < 65536:
    stop("PORT", f"must be between 1 and 65535, not {PORT}")

BASE_URL = read_address("BASE_URL", f"http://127.0.0.1:{PORT}")
HTTPS = BASE_URL.startswith("https:")
# A wildcard listens on every address, but is not a name that anybody types.
_names = {"127.0.0.1", "localhost", "[::1]", urlsplit(BASE_URL).hostname, HOST} - {"0.0.0.0", "::"}
ALLOWED_HOSTS = read(env.list, "ALLOWED_HOSTS", sorted(_names))
for _host in ALLOWED_HOSTS:
    if "/" in _host:
        stop("ALLOWED_HOSTS", f"each must be a name like chat.example.com, without https://, not {_host!r}")
CSRF_TRUSTED_ORIGINS = read(env.list, "CSRF_TRUSTED_ORIGINS", [])
for _origin in CSRF_TRUSTED_ORIGINS:
    if not _origin.startswith(("http://", "https://")):
        stop("CSRF_TRUSTED_ORIGINS", f"each must begin with http:// or https://, not {_origin!r}")
CSRF_TRUSTED_ORIGINS = [*CSRF_TRUSTED_ORIGINS, BASE_URL]

DATA_DIR = Path(read(env.str, "DATA_DIR", str(ROOT / "var"))).resolve()
try:
    DATA_DIR.mkdir(parents=True, exist_ok=True)
except OSError as error:
    stop("DATA_DIR", f"cannot be made: {error}")

SECRET_KEY = read(env.str, "SECRET_KEY", "")
if not SECRET_KEY:
    # Several processes on several machines must share one key, so only the embedded set-up may make its own.
    if read(env.str, "DATABASE_URL", ""):
        stop("SECRET_KEY", "must be set where DATABASE_URL is set")
    SECRET_KEY = kept_secret(DATA_DIR / "secret_key")

# The program

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "django_htmx",
    "lucide",
    "axes",
    "django_tasks_db",
    "accounts",
    "orders",
    "chat",
    "dispatch_console",
]

MIDDLEWARE = [
    "dispatch_console.middleware.unlisted",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dispatch_console.middleware.CompressedPages",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "dispatch_console.middleware.without_forged_session",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dispatch_console.middleware.in_language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "dispatch_console.middleware.Unavailable",
]

ROOT_URLCONF = "dispatch_console.urls"
ASGI_APPLICATION = "dispatch_console.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dispatch_console.context.site",
            ],
            "builtins": ["lucide.templatetags.lucide"],
        },
    }
]

# What opens a place on a map where the phone has no map of its own for a geo: link, such as an iPhone.
MAP_URL = read_map("MAP_URL", "https://www.openstreetmap.org/search?query={query}")
SITE_NAME = read(env.str, "SITE_NAME", "Dispatch Console")

# What is kept

DATABASES = {"default": read_database("DATABASE_URL", f"sqlite:///{quote(str(DATA_DIR / 'dispatch.sqlite3'))}")}
_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["OPTIONS"] = {
        # Take the write lock at BEGIN: a transaction that reads and then writes would otherwise fail at once when
        # another one wrote in between, whatever the timeout says.
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        # FULL and not NORMAL: with NORMAL a power cut can take back an acknowledged message.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
else:
    _database["ENGINE"] = "dispatch_console.postgresql"
    # Few of the threads work at a time, so connections live in a pool, not each in a thread.
    _database["OPTIONS"] = {
        **_database.get("OPTIONS", {}),
        "connect_timeout": 2,
        # Tried again at once when somebody asks, and not after pauses that have doubled while PostgreSQL was away.
        "pool": {"min_size": 1, "max_size": 20, "timeout": 2, "reconnect_timeout": 1},
    }
    # After a restart of PostgreSQL the pool's connections are dead, and nobody's message should be the one to notice.
    _database["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = read_redis("REDIS_URL")
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {
                "hosts": [{"address": REDIS_URL, "socket_timeout": None}],
                # Redis knows no databases when it comes to pub/sub: two installations on one server would hear
                # each other. What the processes of one have in common is its key.
                "prefix": f"dispatch-{sha256(SECRET_KEY.encode()).hexdigest()[:12]}",
            },
        }
    }
else:
    # A process joins once, for as long as it runs: neither its place nor what stands in its line may expire.
    _for_ever = 10 * 365 * 86_400  # seconds
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels.layers.InMemoryChannelLayer",
            "CONFIG": {"capacity": 10_000, "expiry": _for_ever, "group_expiry": _for_ever},
        }
    }

# Who comes in

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.backends.TeamBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "chat:conversation_list"
LOGOUT_REDIRECT_URL = "login"

RATE_LIMITS = read_switch("RATE_LIMITS", "on")
# Messages a minute from one person: far above what a thumb can do, far below what a script would.
GUEST_MESSAGES_PER_MINUTE = 60
TEAM_MESSAGES_PER_MINUTE = 300

AXES_ENABLED = RATE_LIMITS
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "accounts.views.locked_out"
AXES_VERBOSE = False

# How long a web chat link opens its door. A customer's to the chat of an order goes by the order instead: so long after
# the delivery it is only there to read, and so long after the delivery it has ended.
LINK_LIFETIME_DAYS = read_amount("LINK_LIFETIME_DAYS", 30, "days", most=3650)
LINK_READ_ONLY_DAYS = read_amount("LINK_READ_ONLY_DAYS", 3, "days", most=3650)
LINK_DEAD_DAYS = read_amount("LINK_DEAD_DAYS", 7, "days", most=3650)
if LINK_DEAD_DAYS < LINK_READ_ONLY_DAYS:
    stop("LINK_DEAD_DAYS", f"must be at least LINK_READ_ONLY_DAYS, which is {LINK_READ_ONLY_DAYS}")

# Somebody who has seen messages before, and not those that are older than this, has gone quiet.
GONE_QUIET_MINUTES = read_amount("GONE_QUIET_MINUTES", 120, "minutes", most=100_000)

# Whoever has waited for us for so long is marked, and for so long as over the time.
WAIT_LONG_MINUTES = read_amount("WAIT_LONG_MINUTES", 5, "minutes", most=100_000)
WAIT_OVER_MINUTES = read_amount("WAIT_OVER_MINUTES", 15, "minutes", most=100_000)
if WAIT_OVER_MINUTES < WAIT_LONG_MINUTES:
    stop("WAIT_OVER_MINUTES", f"must be at least WAIT_LONG_MINUTES, which is {WAIT_LONG_MINUTES}")

# So many days after the last that happened in a closed conversation it is erased; 0 for never.
RETENTION_DAYS = read_count("RETENTION_DAYS", 0, 36_500)

# How people who are not here are reached

MAILERS = {"default": read_mailer("EMAIL_URL")}
EMAIL_IS_SET_UP = "OPTIONS" in MAILERS["default"]
DEFAULT_FROM_EMAIL = read_mailbox("DEFAULT_FROM_EMAIL")
if EMAIL_IS_SET_UP and not DEFAULT_FROM_EMAIL:
    stop("DEFAULT_FROM_EMAIL", "must be set where EMAIL_URL is set")
EMAIL_REPLY_TO = read_mailbox("EMAIL_REPLY_TO")

SMS_PROVIDER = read(env.str, "SMS_PROVIDER", "")
SMS_URL = SMS_FROM = SMS_TOKEN = TWILIO_ACCOUNT_SID = TWILIO_AUTH_TOKEN = ""
if SMS_PROVIDER == "http":
    SMS_URL = needed("SMS_URL", "SMS_PROVIDER is http")
    SMS_FROM = read(env.str, "SMS_FROM", "")
    SMS_TOKEN = read(env.str, "SMS_TOKEN", "")
elif SMS_PROVIDER == "twilio":
    SMS_URL = read(env.str, "SMS_URL", "https://api.twilio.com").rstrip("/")
    SMS_FROM = needed("SMS_FROM", "SMS_PROVIDER is twilio")
    TWILIO_ACCOUNT_SID = needed("TWILIO_ACCOUNT_SID", "SMS_PROVIDER is twilio")
    TWILIO_AUTH_TOKEN = needed("TWILIO_AUTH_TOKEN", "SMS_PROVIDER is twilio")
elif SMS_PROVIDER:
    stop("SMS_PROVIDER", f"must be http or twilio, not {SMS_PROVIDER!r}")
if SMS_URL and (not is_url(SMS_URL, "http", "https") or not urlsplit(SMS_URL).hostname):
    stop("SMS_URL", "must begin with https:// or http:// and name a host")
# The country whose numbers may be written without it: "US". Without one, only those that begin with + are numbers.
PHONE_REGION = read(env.str, "PHONE_REGION", "").upper()
if PHONE_REGION and PHONE_REGION not in phonenumbers.SUPPORTED_REGIONS:
    stop("PHONE_REGION", f"must be a country of two letters like US, not {PHONE_REGION!r}")

# Minutes after which who has missed a message is told; 0 for never.
NOTICE_MINUTES_CUSTOMER = read_count("NOTICE_MINUTES_CUSTOMER", 3, 1440)
NOTICE_MINUTES_DRIVER = read_count("NOTICE_MINUTES_DRIVER", 1, 1440)
# Whether a notice shows how the message begins.
NOTICE_PREVIEW = read_switch("NOTICE_PREVIEW", "on")

# A queue for each channel, so that one whose provider does not answer holds up no other.
TASKS = {
    "default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "email", "sms", "push"]},
}
# Whether the server does the background work too. Where it is off, manage.py worker must run.
WORKER = read_switch("WORKER", "on")
# Where a worker of its own answers /metrics; 0 for nowhere.
WORKER_METRICS_PORT = read_count("WORKER_METRICS_PORT", 0, 65535)

# Pushes to browsers, of which nothing is offered without a key

VAPID_PRIVATE_KEY, VAPID_PUBLIC_KEY, VAPID_SUBJECT = read_vapid()
# Push services of tests, as origins such as http://127.0.0.1:4000. Others must be public, and are reached by HTTPS.
PUSH_TEST_ORIGINS = read(env.list, "PUSH_TEST_ORIGINS", [])
if PUSH_TEST_ORIGINS and HTTPS:
    stop("PUSH_TEST_ORIGINS", "is for tests: guests could have us post into our own network. BASE_URL is https:")

# What the browser is told

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    # blob: what a page shows of photos that it has not sent yet. An image runs nothing.
    "img-src": [CSP.SELF, "data:", "blob:"],
    "font-src": [CSP.SELF],
    # Safari before 15.4 does not take 'self' to mean our websocket too.
    "connect-src": [CSP.SELF, BASE_URL.replace("http", "ws", 1)],
    "manifest-src": [CSP.SELF],
    "worker-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
# On plain HTTP browsers ignore it, and complain of it on every page.
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin" if HTTPS else None
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "accounts.views.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
GUEST_COOKIE_NAME = "__Host-guest" if HTTPS else "guest"
if HTTPS:
    # TLS ends at a proxy in front of Daphne, which must set this header and drop one that a visitor sends.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_HSTS_INCLUDE_SUBDOMAINS = False
    # Whether a whole domain is preloaded is its owner's decision, not one program's; so is a mail server, without which
    # no e-mail is offered.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021", "mail.E001"]

# One text message is at most 4,000 characters; the rest is headroom for forms of the admin.
REQUEST_BODY_LIMIT = DATA_UPLOAD_MAX_MEMORY_SIZE = MEGABYTE
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
# A message with files: five of 15 MB each, and as much text as without.
FILES_BODY_LIMIT = REQUEST_BODY_LIMIT + 5 * 15 * MEGABYTE
FILE_UPLOAD_HANDLERS = ["chat.files.receiving.Receiver"]
# Beside the files, so that a large upload is in no memory and one that is done need not change disks.
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(mode=0o700, exist_ok=True)

STATIC_URL = "static/"
STATICFILES_DIRS = [ROOT / "static"]
STATIC_ROOT = Path(read(env.str, "STATIC_ROOT", str(DATA_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "dispatch_console.static.HashedStaticFilesStorage"
    },
    "files": read_bucket() or {"BACKEND": "chat.files.storing.Folder"},
}
WHITENOISE_USE_FINDERS = DEBUG

# The files of messages. No web server may publish this folder.
MEDIA_ROOT = DATA_DIR / "files"
# In a day, one person sends so many files, and so many bytes of them.
GUEST_FILES_PER_DAY, TEAM_FILES_PER_DAY = 200, 2000
GUEST_FILE_BYTES_PER_DAY = read_megabytes("FILES_GUEST_MB_A_DAY", 300)
TEAM_FILE_BYTES_PER_DAY = read_megabytes("FILES_TEAM_MB_A_DAY", 2000)
# All files together: 0 is as much as the disk has room for, less what is left free of it for the database.
FILES_TOTAL_LIMIT = read_megabytes("FILES_TOTAL_MB", 0)
FILES_RESERVE = read_megabytes("FILES_RESERVE_MB", 200)
# Where a proxy in front gives out MEDIA_ROOT to nobody but by this header (nginx: an internal location), as /files/.
FILES_ACCEL_PATH = read(env.str, "FILES_ACCEL_PATH", "")
if FILES_ACCEL_PATH:
    if not (FILES_ACCEL_PATH.startswith("/") and FILES_ACCEL_PATH.endswith("/")):
        stop("FILES_ACCEL_PATH", f"must begin and end with /, not {FILES_ACCEL_PATH!r}")
    if STORAGES["files"]["BACKEND"].startswith("storages."):
        stop("FILES_ACCEL_PATH", "is for files in DATA_DIR, and FILES_S3_BUCKET is set")

# Words and time

# What an address without a scheme in a message becomes.
URLIZE_ASSUME_HTTPS = True

LANGUAGE_CODE = "en"
# Each by its own name, as its readers look for it.
LANGUAGES = [("en", "English"), ("es", "Español"), ("fr", "Français"), ("de", "Deutsch"), ("ar", "العربية")]
# Customers, drivers and who signs in find all of them, the console is in these: half of a language is worse than none.
CONSOLE_LANGUAGES = ["en", "es"]
LOCALE_PATHS = [ROOT / "locale"]
FORMAT_MODULE_PATH = ["dispatch_console.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = read_time_zone("TIME_ZONE", "UTC")

# What is written down

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "dispatch_console.logs.formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "propagate": True, "level": "INFO"},
        "django.server": {"handlers": [], "propagate": True, "level": "INFO"},
        "daphne": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        # What begins and ends well is not news.
        "django.tasks": {"level": "WARNING"},
    },
}
