"""Live through many worlds: `python -m tests.simulation --seeds 20000`, or one with `--seed 7`."""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import fields
from os import process_cpu_count

from tests.simulation.seeds import Count, failures

BATCH = 50


def batch(first: int, number: int) -> tuple[list[str], Count]:
    """Run some seeds; what failed is told in words, since that goes from process to process."""
    count = Count()
    return [str(each) for each in failures(range(first, first + number), count)], count


def run(first: int, number: int) -> int:
    """Run worlds on all cores, and print what broke and how far it has come."""
    total, broken, begun = Count(), 0, time.monotonic()
    with ProcessPoolExecutor(process_cpu_count()) as pool:
        waiting = [pool.submit(batch, start, size) for start, size in _batches(first, number)]
        for done in as_completed(waiting):
            told, count = done.result()
            for name in (each.name for each in fields(Count)):
                setattr(total, name, getattr(total, name) + getattr(count, name))
            broken += len(told)
            for each in told:
                print(f"\n{each}\n", flush=True)  # noqa: T201 - that is what it is for
            _progress(total.worlds + broken, number, begun)
    days = total.minutes / 1440
    print(  # noqa: T201
        f"\n{total.worlds} worlds, {days:,.0f} days, {total.steps:,} steps, "
        f"{total.alerts:,} alerts decided, {total.messages:,} messages accepted, "
        f"{broken} violations, "
        f"{time.monotonic() - begun:.0f} s"
    )
    return 1 if broken else 0


def _batches(first: int, number: int) -> Iterator[tuple[int, int]]:
    for start in range(first, first + number, BATCH):
        yield start, min(BATCH, first + number - start)


def _progress(done: int, number: int, begun: float) -> None:
    if sys.stderr.isatty() or done % 1000 < BATCH or done == number:
        seconds = time.monotonic() - begun
        print(f"{done} of {number} worlds, {seconds:.0f} s", file=sys.stderr)  # noqa: T201


def main() -> int:
    """Read the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=1000, help="how many worlds")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first")
    parser.add_argument("--seed", type=int, help="one world only")
    told = parser.parse_args()
    if told.seed is not None:
        return run(told.seed, 1)
    return run(told.first, told.seeds)


if __name__ == "__main__":
    sys.exit(main())
