"""A push service on this machine, and browsers that subscribe to it: they check what leaves us as real ones would."""

import json
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import http_ece
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def encoded(raw):
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Push:
    """What the service was sent."""

    path: str
    headers: dict
    body: bytes

    def claims(self, public_key):
        """What we claim in the token, if it was signed with the key whose public half browsers were told."""
        scheme, _, parameters = self.headers["Authorization"].partition(" ")
        assert scheme == "vapid"
        given = dict(part.split("=", 1) for part in parameters.split(","))
        assert given["k"] == public_key
        signed, _, signature = given["t"].rpartition(".")
        head, claims = (json.loads(decoded(part)) for part in signed.split("."))
        assert head == {"typ": "JWT", "alg": "ES256"}
        raw = decoded(signature)
        numbers = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(public_key))
        try:
            key.verify(numbers, signed.encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            raise AssertionError("not signed by us") from None
        return claims


@dataclass
class Browser:
    """A browser's half of a subscription: it alone can read what is pushed."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = b"sixteen bytes 16"

    @property
    def fields(self):
        """As they are posted to us."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "p256dh": encoded(point), "auth": encoded(self.secret)}

    def read(self, push):
        assert push.headers["Content-Encoding"] == "aes128gcm"
        text = http_ece.decrypt(push.body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        return json.loads(text)


class PushService:
    """Takes pushes on a free port of 127.0.0.1 and answers `status`, or does what `answer` does with the request."""

    def __init__(self):
        self.pushes, self.status, self.headers, self.answer = [], 201, {}, None
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.pushes.append(Push(self.path, dict(self.headers), body))
                if service.answer:
                    return service.answer(self)
                words = f"{service.status} it is".encode()
                self.send_response(service.status)
                for name, value in {**service.headers, "Content-Length": str(len(words))}.items():
                    self.send_header(name, value)
                self.end_headers()
                return self.wfile.write(words)

            def log_message(self, *words):
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()

    def browser(self, name="1"):
        return Browser(f"{self.url}/{name}")

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def byte_by_byte(handler, until=5):
    """Answers, and never comes to an end of it: each byte in time for a timeout that counts from byte to byte."""
    end = time.monotonic() + until
    while time.monotonic() < end:
        try:
            handler.wfile.write(b"HTTP/1.1 201 Created\r\nX-More: and more\r\n"[:1])
        except OSError:
            return
        time.sleep(0.02)
