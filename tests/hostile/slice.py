"""A few kills, races and disks of commands that are quick, in one process.

python tests/hostile/slice.py --out slice.json
"""

import argparse
import json
from pathlib import Path

from attacking import prepared
from disks import disks
from kills import kills
from races import races

KILLS, RACES, DISKS = 44, 6, 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    counts = {kills: KILLS, races: RACES, disks: DISKS}
    with prepared() as (samples, root, address):
        report = {
            work.__name__: work(samples, root.with_name(work.__name__), address, 0, count, quick=True)
            for work, count in counts.items()
        }
    out.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
