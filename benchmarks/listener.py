"""A remote that notes when the first byte of each request arrives, and answers what an ERP would."""

from __future__ import annotations

import json
import queue
import socketserver
import threading
import time
from typing import Any


class _Handler(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        while line := self.rfile.readline():
            self.server.arrived.put(time.perf_counter())
            length = 0
            while (header := self.rfile.readline()).strip():
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            said = json.loads(self.rfile.read(length) or b"{}")
            body = json.dumps({"erp_number": f"E{line[:1].decode()}{time.time_ns()}", **said}).encode()
            self.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.arrived: queue.Queue[float] = queue.Queue()


class Listener:
    """Runs while its block does."""

    def __enter__(self) -> Listener:
        self.server = _Server()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def next(self, seconds: float) -> float:
        """When (perf_counter) the next request's first byte came; raises queue.Empty after so many seconds."""
        return self.server.arrived.get(timeout=seconds)
