"""Tests that need PostgreSQL, Redis or Chromium are skipped where it is missing, and the end of the run names them.

With REQUIRE_SERVICES=1 every skip is a failure, so that nothing goes untested unnoticed in CI.
"""

import os
import shutil
from pathlib import Path
from pwd import getpwall

import pytest

REQUIRED = os.environ.get("REQUIRE_SERVICES") == "1"
MISSING = {
    "postgres": "needs PostgreSQL (DATABASE_URL)",
    "redis": "needs Redis (REDIS_URL)",
    "browser": "needs Chromium (CHROMIUM)",
}
# Tests that stop a service bring their own: @pytest.mark.postgres(own=True).
OWN_MISSING = {
    "postgres": "needs PostgreSQL's programs (initdb, postgres), to stop a server of its own",
    "redis": "needs redis-server, to stop a server of its own",
}


def chromium():
    """The path of the browser, or None."""
    return shutil.which(os.environ.get("CHROMIUM") or "chromium")


def is_here(service):
    if service == "postgres":
        return os.environ.get("DATABASE_URL", "").startswith("postgres")
    if service == "redis":
        return bool(os.environ.get("REDIS_URL"))
    return bool(chromium())


def postgres_program(name):
    """The path of one of PostgreSQL's programs, which Debian keeps off the PATH, or None."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    return shutil.which(name, path=os.pathsep.join(map(str, reversed(versions)))) or shutil.which(name)


def run_as_postgres():
    """For subprocess: PostgreSQL refuses to be run by root, so that root must lend it another user."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


def can_be_started(service):
    if service == "redis":
        return bool(shutil.which("redis-server"))
    may_run = os.geteuid() != 0 or any(user.pw_name == "postgres" for user in getpwall())
    return may_run and bool(postgres_program("initdb") and postgres_program("postgres"))


def pytest_runtest_setup(item):
    for service, reason in MISSING.items():
        marker = item.get_closest_marker(service)
        if marker and marker.kwargs.get("own"):
            if not can_be_started(service):
                pytest.skip(OWN_MISSING[service])
        elif marker and not is_here(service):
            pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    return refused_when_required((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return refused_when_required((yield))


def refused_when_required(report):
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{reason_of(report)}, and REQUIRE_SERVICES=1 allows no skip"
    return report


def reason_of(report):
    return report.longrepr[2].removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter):
    skipped = terminalreporter.stats.get("skipped", [])
    for reason in [*MISSING.values(), *OWN_MISSING.values()]:
        names = [report.nodeid for report in skipped if reason_of(report) == reason]
        if names:
            terminalreporter.section(f"{len(names)} not run: {reason}")
            for name in names:
                terminalreporter.line(name)
