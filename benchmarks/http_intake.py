"""How long does a sender wait for its receipt over HTTP, and a person for the message on a page?

    python -m benchmarks.http_intake [--messages 400] [--rate 20] [--store postgresql://…]

Messages of every format come at a steady rate to the server as the demo runs it: pages, API and
projections in one process, of its own here. Beside each, in the same process and in turn, stands
the raw limit: a route that reads the body and commits one row to SQLite. `shown` is from sending a
message until the timeline of its child tells of it, asked for again and again.
"""

import argparse
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from services.logs import configure

BARE = "/bare"
SENDER = "open-door"
DUTY = "duty-worker"


# ── The server, in a process of its own ───────────────────────────────────────────────────────────


def serve(folder: str) -> None:
    """As `safeguarding serve` does, with one route more."""
    import sqlite3
    import threading

    from litestar import Response, post

    import services.serve
    import services.web.app
    from services.assemble import all_parts
    from services.settings import settings
    from services.web.routes import Context, open_route

    configure("error")
    database = sqlite3.connect(
        Path(folder) / "bare.db", isolation_level=None, check_same_thread=False
    )
    for pragma in ("journal_mode = wal", "synchronous = full"):
        database.execute(f"pragma {pragma}").fetchone()
    database.execute("create table bare (n integer primary key autoincrement, body blob)")
    lock = threading.Lock()

    @open_route(post, BARE, "a benchmark's own", checked=False)
    def bare(context: Context) -> Response[bytes]:
        with lock:
            database.execute("insert into bare (body) values (?)", (context.body,))
        return Response(b"{}", media_type="application/json", status_code=201)

    whole = services.web.app.page_routes
    services.web.app.page_routes = lambda: [*whole(), bare]
    with all_parts(settings(folder)) as parts:
        services.serve.serve(parts, port=0, announce=lambda at: print(at, flush=True))


def prepare(folder: str) -> None:
    """Two teams, somebody on duty, a sender."""
    from services.access import OPERATOR
    from services.assemble import all_parts
    from services.give import give
    from services.settings import settings

    with all_parts(settings(folder)) as parts:
        assert parts.projector.catch_up(30)
        for name, fields in (
            ("form-team", {"team_id": "team-east", "name": "East", "areas": ["XE1"]}),
            (
                "join-team",
                {
                    "team_id": "team-east",
                    "person_id": DUTY,
                    "name": "Grace Ofori",
                    "role": "duty-worker",
                },
            ),
            ("register-agency", {"agency_id": SENDER, "kind": "voluntary", "name": "Open Door"}),
        ):
            handled = give(parts, OPERATOR, name, fields)
            assert handled.result == "done", handled.reason
        assert parts.projector.catch_up(30)


# ── The sender ────────────────────────────────────────────────────────────────────────────────────


def examples(first: int, count: int) -> Iterator[bytes]:
    """Made-up messages of every format in turn, none twice."""
    from adapters.translation import formats

    found = list(formats().values())
    for seed in range(first, first + count):
        yield found[seed % len(found)].example(seed)


class Client:
    """One connection that stays open, as a sender's would."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes]:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, body, given)
        answer = self._connection.getresponse()
        return answer.status, answer.read()


def measured(port: int, first: int, count: int, rate: float) -> dict[str, list[float]]:
    """Milliseconds: each receipt, the bare route beside it, and every tenth message shown."""
    took: dict[str, list[float]] = {"intake": [], "bare": [], "shown": []}
    client, watcher = Client(port), Client(port)
    began = time.perf_counter()
    for number, body in enumerate(examples(first, count)):
        due = began + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        sent = time.perf_counter()
        status, answer = client.ask("POST", "/intake/auto", body, X_Demo_Sender=SENDER)
        took["intake"].append((time.perf_counter() - sent) * 1000)
        assert status == 201, answer
        if number % 10 == 0:
            took["shown"].append(_shown(watcher, json.loads(answer), sent))
        asked = time.perf_counter()
        status, _ = client.ask("POST", BARE, body)
        took["bare"].append((time.perf_counter() - asked) * 1000)
        assert status == 201
    return took


def _shown(client: Client, receipt: dict[str, object], sent: float) -> float:
    children = receipt["children"]
    assert isinstance(children, list)
    while True:
        status, body = client.ask(
            "GET", f"/api/children/{children[0]}/timeline", X_Demo_Person=DUTY
        )
        if status == 200 and str(receipt["referral"]).encode() in body:
            return (time.perf_counter() - sent) * 1000
        assert time.perf_counter() < sent + 30, "not shown within 30 s"
        time.sleep(0.005)


def told(name: str, took: Sequence[float]) -> str:
    ordered = sorted(took)
    p50, p99 = statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"{name:<8} {len(took):>5} {p50:>9.1f} {p99:>9.1f} {ordered[-1]:>9.1f}"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("--messages", type=int, default=400)
    asked.add_argument("--rate", type=float, default=20.0)
    asked.add_argument("--store", help="postgresql://…; a new SQLite folder if left out")
    asked.add_argument("--serve", help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.serve:
        serve(options.serve)
        return
    configure("error")
    with tempfile.TemporaryDirectory() as folder:
        store = options.store or folder
        os.environ.setdefault("SAFEGUARDING_KEYS", str(Path(folder) / "keys"))
        prepare(store)
        run = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.http_intake", "--serve", store],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert run.stdout is not None
            port = int(run.stdout.readline().rpartition(":")[2])
            measured(port, 10_000, 20, options.rate)  # what is only slow once
            took = measured(port, 20_000, options.messages, options.rate)
        finally:
            run.send_signal(signal.SIGINT)
            run.wait(30)
    print(f"{options.messages} messages, {options.rate:g} a second; milliseconds")
    print(f"{'':<8} {'count':>5} {'p50':>9} {'p99':>9} {'most':>9}")
    for name, times in took.items():
        print(told(name, times))
    ratio = statistics.median(took["intake"]) / statistics.median(took["bare"])
    print(f"a receipt takes {ratio:.1f} times the bare route (p50)")


if __name__ == "__main__":
    main()
