"""People without a browser: what others do while somebody has a page open, by the same paths and forms."""

import html
import re
from dataclasses import dataclass
from uuid import uuid4

import httpx


@dataclass
class Chat:
    """The chat of an order of one's own, with its customer in it. `driver` is assigned and not in it."""

    id: int
    reference: str
    customer: str
    customer_id: int
    driver: str

    @property
    def path(self):
        return f"/chats/{self.id}/"


class Caller:
    """Somebody who sends forms: of the team after `sign_in`, a guest after `join`."""

    def __init__(self, url):
        self.client = httpx.AsyncClient(base_url=url, timeout=30)
        self.door = ""

    async def sign_in(self, username):
        await self.client.get("/login/")
        answer = await self.post("/login/", username=username, password="demo")
        assert answer.status_code == 303, answer.text
        return self

    def kept(self):
        """What a browser would keep of this, as Playwright takes it for one."""
        url = str(self.client.base_url)
        cookies = [{"name": name, "value": value, "url": url} for name, value in self.client.cookies.items()]
        return {"cookies": cookies}

    async def join(self, link):
        await self.client.get(link)
        answer = await self.post(link)
        assert answer.status_code == 303, answer.text
        self.door = answer.headers["Location"].partition("/chats/")[0]
        return self

    async def post(self, path, method="POST", **fields):
        headers = {"X-CSRFToken": self.client.cookies["csrftoken"], "HX-Request": "true"}
        if "/c/" in path or path == "/login/":
            del headers["HX-Request"]
        return await self.client.request(method, path, data=fields, headers=headers)

    async def send(self, chat, *texts):
        for text in texts:
            answer = await self.post(f"{self.door}{chat.path}messages/", body=text, client_id=str(uuid4()))
            assert answer.status_code == 200, answer.text

    # For the team

    async def open_chat(self, order):
        answer = await self.post(f"/orders/{order['reference']}/chat/")
        assert answer.status_code == 303, answer.text
        number = int(re.fullmatch(r"/chats/(\d+)/", answer.headers["Location"])[1])
        people = await self.client.get(f"/chats/{number}/")
        customer = re.search(rf'id="person-(\d+)">(?:(?!<li).)*?{re.escape(order["customer_name"])}', people.text, re.S)
        return Chat(number, order["reference"], order["customer_name"], int(customer[1]), order["driver_name"])

    async def find(self, name):
        """The id of the person of this name."""
        answer = await self.client.get("/chats/new/", params={"q": name, "customers": 1})
        return int(re.search(rf'value="(\d+)" data-name="{re.escape(name)}"', answer.text)[1])

    async def add(self, chat, *people):
        answer = await self.post(f"{chat.path}participants/", person=people)
        assert answer.status_code == 200, answer.text

    async def make_link(self, chat, person):
        answer = await self.post(f"{chat.path}participants/{person}/links/")
        return html.unescape(re.search(r'value="(http[^"]+/c/[^"]+)"', answer.text)[1])
