"""How often the interval of a difference of two groups holds the truth, by the number of seeds and what they scatter by.

Luck in training and what each seed sees in its own way are in units of the noise by the choice of galaxies; of the luck
the groups share none or most. ``python tests/study/measure_coverage.py`` prints the table.
"""

import argparse
import sys

from test_chance import covered

SEEDS = (2, 3, 5, 10)
SHARED = (0.0, 0.5, 0.9)
SCATTER = ((0.0, 0.3), (0.0, 1.0), (0.5, 0.3), (1.0, 0.5), (3.0, 0.5))
"""Luck in training, and own way of seeing galaxies."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000)
    trials = parser.parse_args().trials
    head = "  ".join(f"{luck:g}/{own:g}" for luck, own in SCATTER)
    sys.stdout.write(f"seeds  shared  luck/own: {head}\n")
    for seeds in SEEDS:
        for shared in SHARED:
            row = "  ".join(f"{100 * covered(seeds, shared, luck, own, trials):.1f}" for luck, own in SCATTER)
            sys.stdout.write(f"{seeds:5}  {shared:6}  {row}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
