"""How long does each format take over its own messages, and over five megabytes of anything?

    python -m benchmarks.formats

Times are of computing alone, in one run, beside the time that `json` and a decode to text take.
"""

import json
import sys
from collections.abc import Callable
from time import process_time

from adapters.translation import formats
from tests.adapters.messages import sent
from tests.adapters.test_formats import LARGE

EXAMPLES = 200


def main() -> int:
    for name, each in formats().items():
        bodies = [each.example(seed) for seed in range(1, EXAMPLES + 1)]
        reading = timed(lambda: [each.translate(sent(body)) for body in bodies])  # noqa: B023
        text = timed(lambda: [json.dumps(body.decode()) for body in bodies])  # noqa: B023
        print(
            f"{name:14} {reading / EXAMPLES * 1e6:7.0f} us a message, {reading / text:4.0f} x text"
        )
    print("\nSeconds for five megabytes of …")
    for case, body in LARGE.items():
        took = {name: timed(lambda: each.translate(sent(body))) for name, each in formats().items()}  # noqa: B023
        slowest = max(took, key=lambda name: took[name])
        print(f"{case:14} {took[slowest]:5.2f} s as {slowest}")
    return 0


def timed(work: Callable[[], object]) -> float:
    began = process_time()
    work()
    return max(process_time() - began, 1e-9)


if __name__ == "__main__":
    sys.exit(main())
