# `make run` and `make test` need only Python 3 and make: bin/uv gets the rest.

UV = python3 bin/uv
PYTHON = .venv/bin/python

# A server starts in two seconds from what was compiled once, and in eight without: the tests start many.
unexport PYTHONDONTWRITEBYTECODE

# Written last by collectstatic, which compresses every file and takes its time: only when one is newer.
STATIC = $(or $(STATIC_ROOT),$(or $(DATA_DIR),var)/static)/staticfiles.json

# Settings as in production, in a folder of their own, so that a check neither reads nor writes what is in var/.
LIKE_PRODUCTION = folder=$$(mktemp -d) && trap 'rm -r "$$folder"' EXIT && \
	env -u DATABASE_URL -u REDIS_URL -u DEBUG -u SECRET_KEY -u ALLOWED_HOSTS -u CSRF_TRUSTED_ORIGINS -u STATIC_ROOT \
	BASE_URL=https://chat.example.com DATA_DIR="$$folder"

.PHONY: help run test faults check lint audit screenshots messages environment

help:
	@echo "make run     everything for a first look, then the server on http://127.0.0.1:8000"
	@echo "make test    the tests; ARGS='-k links' is handed to pytest"
	@echo "make faults  the fault tests in full, which takes half an hour and more, and the table of what they found"
	@echo "make screenshots  pictures of every page and state, both themes, desk and phone, into docs/screens; takes Chromium"
	@echo "make messages  after words have changed: brings the catalogs in locale/ up to date and compiles them"
	@echo "make check   what CI checks: style, migrations, settings for production, dependencies, then the tests"

# --inexact leaves the tools of the developers in place, which make test put there.
run:
	@$(UV) sync --locked --no-dev --inexact
	@$(PYTHON) manage.py migrate --verbosity 0
	@test -f $(STATIC) -a -z "`find static uv.lock dispatch_console/static.py dispatch_console/joining.py -newer $(STATIC) 2>&1`" || $(PYTHON) manage.py collectstatic --noinput --verbosity 0
	@test -n "$$DATABASE_URL" || $(PYTHON) manage.py seed_demo --force --if-fresh
	@exec $(PYTHON) manage.py serve

test: environment
	@$(PYTHON) -m pytest $(ARGS)

# Takes PostgreSQL's programs, redis-server, which it starts by itself, and Chromium: without them it fails.
faults: environment
	@FAULTS=full REQUIRE_SERVICES=1 $(PYTHON) -m pytest tests/faults tests/browser/test_faults.py tests/browser/test_kept_pages.py tests/browser/test_restarts.py -vv --show-capture=no $(ARGS)

# On a server of its own in a temporary folder, with the demo's shift. SCREENS is another folder for them.
screenshots: environment
	@env -u DATABASE_URL -u REDIS_URL REQUIRE_SERVICES=1 $(PYTHON) -m pytest tests/browser/screenshots.py $(ARGS)

messages: environment
	@$(LIKE_PRODUCTION) $(PYTHON) manage.py update_messages

check: lint audit test

lint: environment
	$(PYTHON) -m ruff check . bin/*
	$(PYTHON) -m ruff format --check . bin/*
	@$(LIKE_PRODUCTION) $(PYTHON) manage.py makemigrations --check
	@$(LIKE_PRODUCTION) $(PYTHON) manage.py check --deploy --fail-level WARNING

audit: environment
	@$(PYTHON) bin/audit

environment:
	@$(UV) sync --locked --quiet
