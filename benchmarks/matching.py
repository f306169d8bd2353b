"""Is anybody linked to another child's record? One command prints the table.

    python -m benchmarks.matching [--corruptions N] [--children N] [--seed N]

A made-up population is registered in a real store: families, twins, shared addresses, namesakes.
Then descriptions arrive, each wrong in one way, of children on record and of others, half of the
former without an NHS number. Each is identified as intake does it (`linked` by the automatic rule,
`wrong`: to another child's record) and compared as the page does that puts it to a person. `found`:
children on record who are among those a person is asked about; `in vain`: a person is asked about
somebody else, or about a child who has no record. Exit 1 if one link is wrong.
"""

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from adapters.event_store import EventStore
from adapters.vault import Vault
from domain.policy import in_force
from tests.corruptions import KINDS, Register, Told, measured


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    words.add_argument("--corruptions", type=int, default=100_000)
    words.add_argument("--children", type=int, default=20_000, help="on record")
    words.add_argument("--seed", type=int, default=1)
    chosen = words.parse_args()
    rules = in_force(datetime.now(UTC).date()).matching
    with tempfile.TemporaryDirectory() as folder:
        vault = Vault.open(Path(folder) / "keys", durable=False)
        store = EventStore.open(folder, vault, durable=False)
        began = time.perf_counter()
        register = Register(store, rules, chosen.children, chosen.seed)
        made = time.perf_counter()
        told = [register.take(sent) for sent in register.corrupted(chosen.corruptions)]
        taken = time.perf_counter() - made
        store.close()
        vault.close()
    print(
        f"{len(register.known)} children registered in {made - began:.0f} s;"
        f" {len(told)} descriptions in {taken:.0f} s ({taken / len(told) * 1e3:.2f} ms each),"
        f" seed {chosen.seed}"
    )
    print_kinds(told)
    print_outcomes(told)
    wrong = sum(each.wrong_link for each in told)
    print(f"wrong automatic links: {wrong} of {sum(each.linked is not None for each in told)}")
    return 1 if wrong else 0


def print_kinds(told: list[Told]) -> None:
    of_kind: dict[str, list[Told]] = defaultdict(list)
    for each in told:
        of_kind[each.sent.kind].append(each)
    print(f"\n{'':24}  number  linked   wrong   found  in vain")
    for kind in KINDS:
        these = of_kind[kind]
        linked = sum(each.linked is not None for each in these)
        wrong = sum(each.wrong_link for each in these)
        found = sum(each.sent.about in each.asked for each in these)
        vain = sum(bool(each.asked) and each.sent.about not in each.asked for each in these)
        print(f"{kind:24} {len(these):7} {linked:7} {wrong:7} {found:7} {vain:8}")


def print_outcomes(told: list[Told]) -> None:
    print(f"\n{'':24}    said   right  precision  recall")
    for outcome, each in measured(told).items():
        print(
            f"{outcome:24} {each.said:7} {each.right:7} {each.precision:10.4f} {each.recall:7.4f}"
        )
    print()


if __name__ == "__main__":
    sys.exit(main())
