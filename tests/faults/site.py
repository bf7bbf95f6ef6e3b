"""The product as it runs in production: processes on one database, which may be killed and started again."""

import asyncio
import json
import os
import re
from dataclasses import dataclass

import httpx

from tests.callers import Caller
from tests.server import Server

# Run once by the product's own shell: people and links by the dozen, which by forms would take longer than the test.
SCRIPT = """
import json
from django.core.management import call_command
from accounts.models import User
from chat import actions
from orders.models import Order

call_command("migrate", verbosity=0)
conversations, guests, team = {conversations}, {guests}, {team}
staff = [
    User.objects.create_user(f"dispatcher{{n}}", "demo", name=f"Dispatcher {{n}}") for n in range(max(team, 1))
]
chats, links = [], []
for n in range(conversations):
    customer = User.objects.create(role=User.Role.CUSTOMER, name=f"Customer {{n}}")
    order = Order.objects.create(reference=f"F{{n}}", customer=customer)
    chat, _ = actions.open_order_chat(order=order, actor=staff[0])
    chats.append(chat)
for n in range(guests):
    chat = chats[n % conversations]
    if n < conversations:
        person = chat.order.customer
    else:
        person = User.objects.create(role=User.Role.DRIVER, name=f"Driver {{n}}")
        actions.add_participants(conversation=chat, people=[person], actor=staff[0])
    _, token = actions.make_link(conversation=chat, person=person, actor=staff[0])
    links.append([chat.pk, token])
print(json.dumps({{"chats": [chat.pk for chat in chats], "links": links, "team": [one.username for one in staff]}}))
"""


@dataclass
class Cast:
    """Conversations, and the people who have come in. Each person is a pair of a Caller and the id of a chat."""

    chats: list[int]
    team: list[tuple[Caller, int]]
    guests: list[tuple[Caller, int]]

    @property
    def everybody(self):
        return self.team + self.guests

    @property
    def observer(self):
        """Somebody who may see every conversation."""
        return self.team[0][0]


class Site:
    """One or more server processes. With SQLite it can be only one."""

    def __init__(self, folder, processes=1, database_url="", redis_url=""):
        first = Server(folder, database_url=database_url, redis_url=redis_url)
        first.environment["DJANGO_SETTINGS_MODULE"] = "tests.faults.settings"
        # Without any the server refuses to start.
        (folder / "static").mkdir()
        self.servers = [first, *(first.another() for _ in range(processes - 1))]
        self.people = None

    @property
    def urls(self):
        return [server.url for server in self.servers]

    async def start(self):
        """Start what does not run, whether it has never run, was stopped or was killed."""
        idle = [server for server in self.servers if server.process is None or server.process.poll() is not None]
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in idle))

    async def halt(self):
        """Stop all processes at the same time, as a deployment does."""
        await asyncio.gather(*(asyncio.to_thread(server.stop) for server in self.servers))

    async def restart(self, server):
        """The time at which it serves again."""
        await asyncio.to_thread(server.start)
        return asyncio.get_running_loop().time()

    async def metric(self, name):
        """What all processes together say of a counter or gauge."""
        async with httpx.AsyncClient() as client:
            texts = [(await client.get(f"{url}/metrics")).text for url in self.urls]
        found = [re.search(rf"^{name} (\S+)$", text, re.MULTILINE) for text in texts]
        return sum(float(value[1]) for value in found)

    async def open(self, *, conversations, guests, team=1):
        """Start it with these people, each signed in or come in by a link, spread over so many conversations."""
        script = SCRIPT.format(conversations=conversations, guests=guests, team=team)
        said, _ = await asyncio.gather(
            asyncio.to_thread(self.servers[0].manage, "shell", "--verbosity", "0", "--command", script), self.start()
        )
        made = json.loads(said.splitlines()[-1])
        url = self.urls[0]
        signed_in = await asyncio.gather(*(Caller(url).sign_in(username) for username in made["team"]))
        come_in = await asyncio.gather(*(Caller(url).join(f"/c/{token}/") for _, token in made["links"]))
        chats = made["chats"]
        self.people = Cast(
            chats=chats,
            team=[(caller, chats[n % len(chats)]) for n, caller in enumerate(signed_in)],
            guests=[(caller, chat) for caller, (chat, _) in zip(come_in, made["links"], strict=True)],
        )

    def memory(self):
        """Resident memory of all processes, in bytes."""
        return sum(resident(server.process.pid) for server in self.servers)

    def log(self):
        return "".join(server.log.read_text() for server in self.servers)

    async def stop(self):
        if self.people:
            await asyncio.gather(*(caller.client.aclose() for caller, _ in self.people.everybody))
        await self.halt()


def resident(pid):
    """Resident memory of a process, in bytes."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
