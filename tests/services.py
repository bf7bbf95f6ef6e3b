"""Tests that need PostgreSQL, Redis or Chromium are skipped where it is missing, and the end of the run names them.

With REQUIRE_SERVICES=1 every skip is a failure, so that nothing goes untested unnoticed in CI.
"""

import os
import shutil

import pytest

REQUIRED = os.environ.get("REQUIRE_SERVICES") == "1"
MISSING = {
    "postgres": "needs PostgreSQL (DATABASE_URL)",
    "redis": "needs Redis (REDIS_URL)",
    "browser": "needs Chromium (CHROMIUM)",
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


def pytest_runtest_setup(item):
    for service, reason in MISSING.items():
        if item.get_closest_marker(service) and not is_here(service):
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
    for reason in MISSING.values():
        names = [report.nodeid for report in skipped if reason_of(report) == reason]
        if names:
            terminalreporter.section(f"{len(names)} not run: {reason}")
            for name in names:
                terminalreporter.line(name)
