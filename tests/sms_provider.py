"""An SMS provider on loopback that keeps what it is asked, and answers what a test wants it to answer."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl


class SmsProvider:
    def __init__(self):
        self.asked = []
        # What it answers, in order, as (status, body, headers); the last again and again. None: nothing at all.
        self.answers = [(200, {"id": "m-1"}, {})]
        self.over = threading.Event()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                is_json = "json" in self.headers["Content-Type"]
                fields = json.loads(body) if is_json else dict(parse_qsl(body))
                provider.asked.append({"path": self.path, "headers": dict(self.headers), "fields": fields})
                answer = provider.answers.pop(0) if len(provider.answers) > 1 else provider.answers[0]
                if answer is None:
                    provider.over.wait(20)
                    return
                status, said, headers = answer
                said = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(said)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def start(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def texts(self):
        return [each["fields"].get("text") or each["fields"]["Body"] for each in self.asked]
