"""What browsers are told of the apps that can be made of the site, and the worker behind the guests' pages."""

import json
import re

import pytest
from django.contrib.staticfiles.finders import find
from django.test import Client
from PIL import Image

from tests.stories.reading import html_of, text_of


def manifest_of(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/manifest+json"
    return json.loads(answer.content)


def test_each_link_is_an_app_of_its_own(cast, chat, come_in):
    customer, again = come_in(cast.customer, chat), come_in(cast.customer, chat)
    manifests = [manifest_of(each, f"{each.door}/manifest.webmanifest") for each in (customer, again)]
    assert manifests[0]["id"] != manifests[1]["id"]
    for each, manifest in zip((customer, again), manifests, strict=True):
        assert manifest["scope"] == manifest["id"] == f"{each.door}/"
        assert each.get(manifest["start_url"]).status_code == 200
        # What opens it for others is nowhere in it.
        assert each.token not in json.dumps(manifest)
        # It stays with the browser that came in by the link.
        page = html_of(each.get(f"{each.door}/chats/"))
        assert f'<link rel="manifest" href="{each.door}/manifest.webmanifest" crossorigin="use-credentials">' in page


def test_the_console_is_an_app_by_the_name_of_the_site(db, settings, sign_in, cast):
    settings.SITE_NAME = "Ways & Means"
    manifest = manifest_of(Client(), "/manifest.webmanifest")
    assert (manifest["name"], manifest["start_url"], manifest["scope"]) == ("Ways & Means", "/chats/", "/")
    assert '<link rel="manifest" href="/manifest.webmanifest">' in html_of(sign_in(cast.dispatcher).get("/chats/"))


def test_icons_are_what_they_are_said_to_be(db):
    icons = manifest_of(Client(), "/manifest.webmanifest")["icons"]
    assert {(icon["sizes"], icon.get("purpose")) for icon in icons} >= {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for icon in icons:
        path = find(icon["src"].removeprefix("/static/"))
        assert path, icon["src"]
        if icon["type"] == "image/png":
            with Image.open(path) as image:
                assert f"{image.width}x{image.height}" == icon["sizes"]
                # A shape is cut out of it: so that nothing shines through, it goes to the edge.
                if icon["purpose"] == "maskable":
                    assert image.convert("RGBA").getextrema()[3] == (255, 255)


def test_the_worker_is_asked_for_each_time_and_may_start(db):
    answer = Client().get("/sw.js")
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert "no-cache" in answer["Cache-Control"]
    assert "worker-src 'self'" in answer["Content-Security-Policy"]
    assert "Service-Worker-Allowed" not in answer.headers
    assert re.search(r'importScripts\("/static/js/worker\.js"\)', html_of(answer))


def shell_of(answer):
    return json.loads(re.match(r"self\.shell = (.*);\n", html_of(answer))[1])


def test_what_the_worker_keeps_is_there_and_nobodys(db):
    shell = shell_of(Client().get("/sw.js"))
    assert Client().get(shell["offline"]).status_code == 200
    for path in shell["files"]:
        assert find(path.removeprefix("/static/")), path
    # And it is all that the page takes.
    page = html_of(Client().get(shell["offline"]))
    taken = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    assert taken <= set(shell["files"])


def test_the_version_changes_with_what_it_keeps(db, settings):
    client = Client()
    before = shell_of(client.get("/sw.js"))["version"]
    assert shell_of(client.get("/sw.js"))["version"] == before
    settings.SITE_NAME = "Another"
    assert shell_of(client.get("/sw.js"))["version"] != before


@pytest.mark.parametrize("path", ["/sw.js", "/offline/"])
@pytest.mark.parametrize("asked", ["", "xx", "../../c/1", "'; alert(1);//", "</script>", "\x00", "e" * 5000])
def test_a_language_that_there_is_not(db, path, asked):
    answer = Client().get(path, {"lang": asked})
    assert answer.status_code == 200
    assert "alert" not in html_of(answer)


def test_without_a_connection_nothing_of_who_is_signed_in(sign_in, cast):
    page = text_of(sign_in(cast.dispatcher).get("/offline/"))
    assert "No connection" in page
    assert cast.dispatcher.name not in page
