"""Does any damaged message make a format fail, or take over a second? One command prints the table.

    python -m benchmarks.mutations [--inputs N] [--seed N] [--format NAME] [--workers N]
                                   [--minutes N] [--only NUMBER]

Messages are made from the formats' own examples and, where SAFEGUARDING_SAMPLES names a folder,
from the samples in it; each is damaged in one to six ways. The formats are asked whether it is
theirs, the one it was made for and the one that recognises it read it, and what they say is
decided on and written down; one in a thousand is taken in and stored. Messages of five megabytes
that ask most of a reader are read before them. A find is whatever is neither a referral nor a
refusal in our own words, and whatever takes more than a second of computing. `--only` makes one
input again and writes its bytes to stdout. Exit 1 with a find.
"""

import argparse
import faulthandler
import gc
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import reduce
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from adapters.translation import Sent
from services.logs import configure
from tests.long_messages import LONG
from tests.mutations import (
    FORMATS,
    MOST_SECONDS,
    RECEIVED,
    Find,
    Trial,
    mutant,
    samples_named,
    stocks,
)

CHUNK = 5000
STORED_EVERY = 1000
MOST_MEMORY = 3 * 1024**3
_MOST_SHOWN = 50


class Job(NamedTuple):
    seed: int
    first: int
    last: int
    name: str | None


class Line(NamedTuple):
    """Of the table: one format's. `slowest`: seconds, and the number of that input."""

    inputs: int = 0
    translated: int = 0
    with_problems: int = 0
    refused: int = 0
    seconds: float = 0.0
    slowest: tuple[float, int] = (0.0, 0)
    finds: int = 0

    def and_(self, other: "Line") -> "Line":
        return Line(
            self.inputs + other.inputs,
            self.translated + other.translated,
            self.with_problems + other.with_problems,
            self.refused + other.refused,
            self.seconds + other.seconds,
            max(self.slowest, other.slowest),
            self.finds + other.finds,
        )


class Done(NamedTuple):
    lines: dict[str, Line]
    finds: list[Find]


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    words.add_argument("--inputs", type=int, default=10_000_000)
    words.add_argument("--first", type=int, default=0, help="number of the first input")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--format", choices=list(FORMATS), help="only messages made for this one")
    words.add_argument("--workers", type=int, default=1)
    words.add_argument("--minutes", type=float, help="stop after so many")
    words.add_argument("--only", type=int, metavar="NUMBER", help="make this input again")
    chosen = words.parse_args()
    if chosen.only is not None:
        return again(chosen.seed, chosen.only, chosen.format)
    began = time.monotonic()
    until = began + 60 * chosen.minutes if chosen.minutes else float("inf")
    end = chosen.first + chosen.inputs
    jobs = (
        Job(chosen.seed, first, min(first + CHUNK, end), chosen.format)
        for first in range(chosen.first, end, CHUNK)
    )
    print(f"seed {chosen.seed}, samples: {samples_named() or 'none'}, code: {commit()}", flush=True)
    slow = print_long_ones()
    lines: dict[str, Line] = {}
    finds: list[Find] = []
    shown: Counter[str] = Counter()
    said = began
    for done in results(jobs, chosen.workers, until):
        for name, line in done.lines.items():
            lines[name] = lines.get(name, Line()).and_(line)
        finds += done.finds
        for find in done.finds:
            shown[find.what] += 1
            if shown[find.what] <= 3 and sum(shown.values()) < _MOST_SHOWN:
                print(f"FIND {find.mutant.number} {told(find)}", flush=True)
        if time.monotonic() > said + 30:
            said = time.monotonic()
            inputs = sum(line.inputs for line in lines.values())
            rate = inputs / (said - began)
            print(f"… {inputs} inputs, {rate:.0f} a second, {len(finds)} finds", flush=True)
    print_table(lines, time.monotonic() - began)
    return 1 if finds or slow else 0


def print_long_ones() -> int:
    """How many of the long messages take longer than any may."""
    slow = 0
    for case, long in LONG.items():
        began = time.process_time()
        FORMATS[long.format].translate(
            Sent(body=long.body, agency="city-hospital", received_at=RECEIVED)
        )
        took = time.process_time() - began
        slow += took > MOST_SECONDS
        print(f"{long.format} of 5 MB, {case}: {took:.2f} s", flush=True)
    return slow


def told(find: Find) -> str:
    return f"{find.mutant.of}: {find.what} ({' '.join(find.mutant.chain)})"


def again(seed: int, number: int, name: str | None) -> int:
    """One input, to be looked at: its bytes on stdout, what became of it on stderr."""
    made = mutant(seed, number, name, samples_named())
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder))
        became = trial.outcome(made, stored=number % STORED_EVERY == 0)
        trial.close()
    sys.stdout.buffer.write(made.sent.body)
    print(f"\n{made.of}: {' '.join(made.chain)}, {became.seconds:.3f} s", file=sys.stderr)
    print(replace(made.sent, body=b""), file=sys.stderr)
    print(became.find.what if became.find else "no find", file=sys.stderr)
    return 1 if became.find else 0


def results(jobs: Iterable[Job], workers: int, until: float) -> Iterator[Done]:
    """As they come; a few jobs are given out at a time, and none after `until`."""
    waiting = iter(jobs)
    with ProcessPoolExecutor(workers, initializer=made_ready) as pool:
        running = [(job, pool.submit(tried, job)) for job in islice(waiting, 2 * workers)]
        while running:
            job, future = running.pop(0)
            try:
                yield future.result()
            except BrokenProcessPool:
                sys.exit(f"A worker died between inputs {job.first} and {job.last}.")
            if time.monotonic() < until:
                running += [(job, pool.submit(tried, job)) for job in islice(waiting, 1)]


def made_ready() -> None:
    os.nice(10)
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    configure()
    stocks(samples_named())
    gc.collect()
    gc.freeze()  # what is there now is there until the end


def tried(job: Job) -> Done:
    """The inputs of these numbers, on a store of their own."""
    lines: dict[str, Line] = {}
    finds: list[Find] = []
    samples = samples_named()
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder))
        for number in range(job.first, job.last):
            made = mutant(job.seed, number, job.name, samples)
            became = trial.outcome(made, stored=number % STORED_EVERY == 0)
            finds += [became.find] if became.find else []
            line = Line(
                1,
                became.translated,
                became.with_problems,
                became.refused,
                became.seconds,
                (became.seconds, number),
                1 if became.find else 0,
            )
            lines[made.of] = lines.get(made.of, Line()).and_(line)
        trial.close()
    return Done(lines, finds)


def print_table(lines: dict[str, Line], seconds: float) -> None:
    print(
        f"\n{'':14} {'inputs':>9} {'translated':>11} {'problems':>10} {'refused':>8}"
        f" {'mean ms':>8} {'slowest ms':>11} {'its number':>11} {'finds':>6}"
    )
    total = reduce(Line.and_, lines.values(), Line())
    for name, line in (*lines.items(), ("all", total)):
        print(
            f"{name:14} {line.inputs:9} {line.translated:11} {line.with_problems:10}"
            f" {line.refused:8} {line.seconds / max(1, line.inputs) * 1e3:8.2f}"
            f" {line.slowest[0] * 1e3:11.0f} {line.slowest[1]:11} {line.finds:6}"
        )
    print(f"{seconds:.0f} s, {total.inputs / seconds:.0f} inputs a second")


def commit() -> str:
    """The version of the code that ran, by its commit."""
    run = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return run.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
