"""A mail server on loopback that keeps what it is given, and says what a test wants it to say."""

import asyncio
import logging
import re
import threading
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller

from .server import free_port

# It tells every line that it hears.
logging.getLogger("mail.log").setLevel(logging.WARNING)


class MailSink:
    def __init__(self):
        self.messages, self.tries = [], 0
        # What it answers to the sender, the recipient, the text; None to answer nothing for as long as the test lasts.
        self.to_sender = self.to_recipient = self.to_text = "250 OK"
        # It keeps the text and breaks off.
        self.breaks_off = False
        # Seconds that it takes over the text.
        self.pause = 0
        self.over = threading.Event()
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port(), server_hostname="sink")

    def start(self):
        self.controller.start()
        return self

    def stop(self):
        self.over.set()
        self.controller.stop()

    @property
    def port(self):
        return self.controller.port

    def settings(self, timeout=5):
        options = {"host": "127.0.0.1", "port": self.port, "timeout": timeout}
        return {"default": {"BACKEND": "dispatch_console.mail.EmailBackend", "OPTIONS": options}}

    # What aiosmtpd calls

    async def handle_MAIL(self, server, session, envelope, address, options):
        self.tries += 1
        if self.to_sender.startswith("250"):
            envelope.mail_from = address
        return self.to_sender

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server, session, envelope):
        message = message_from_bytes(envelope.content, policy=policy.default)
        message.sender, message.recipients = envelope.mail_from, envelope.rcpt_tos
        if self.breaks_off:
            self.messages.append(message)
            server.transport.abort()
            return "250 OK"
        await asyncio.sleep(self.pause)
        if self.to_text is None:
            await server.loop.run_in_executor(None, self.over.wait, 20)
            return "250 OK"
        if self.to_text.startswith("250"):
            self.messages.append(message)
        return self.to_text


def text_of(message):
    return message.get_body(["plain"]).get_content()


def page_of(message):
    return message.get_body(["html"]).get_content()


def link_in(text):
    """The web chat link in a text."""
    return re.search(r"https?://\S+?/c/[\w-]+/", text)[0]


def turn_off_in(message):
    """The address by which notices are turned off, as mail programs find it."""
    return re.fullmatch(r"<(https?://[^>]+)>", message["List-Unsubscribe"])[1]
