"""`python -m simulators.erp`: the ERP as a process."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from pathlib import Path

from simulators.erp.business import Business
from simulators.erp.server import Erp
from simulators.erp.store import Store
from simulators.process import stop_on_signals


def main() -> int:
    """Serves until it is told to stop."""
    parser = argparse.ArgumentParser(prog="simulators.erp", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="SQLite file with all that the ERP keeps")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8070, help="0 takes any free port; the ready line says which")
    parser.add_argument("--token", required=True, help="the bearer token that callers must send")
    parser.add_argument("--pay-after", type=float, default=30.0, help="seconds from voucher to payment")
    parser.add_argument(
        "--unique-reference",
        choices=("on", "off"),
        default="on",
        help="off: the same reference again makes a second document, as in ERPs that do not check",
    )
    parser.add_argument("--opening", type=Path, help="JSON: purchase orders that it has from before, read once")
    options = parser.parse_args()
    store = Store(options.state)
    business = Business(store, pay_after=options.pay_after, unique_reference=options.unique_reference == "on")
    if options.opening and options.opening.exists():
        business.open_with(json.loads(options.opening.read_text("utf-8")))
    try:
        server = Erp((options.host, options.port), store, business, options.token)
    except OSError as fault:
        print(f"The ERP cannot listen on {options.host}:{options.port}: {fault.strerror}.", file=sys.stderr)
        return 1
    stop = stop_on_signals()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    print(f"ready erp http://{options.host}:{server.server_address[1]}", flush=True)
    while not stop.wait(3600):
        continue
    server.shutdown()
    thread.join()
    server.server_close()
    store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
