"""A few kills, races and disks of commands that are quick, in one process.

python tests/hostile/slice.py --out slice.json
"""

import argparse
import json
from pathlib import Path

from disks import disks
from kills import kills
from races import races
from running import scratch, warm
from samples import make, server

KILLS, RACES, DISKS = 44, 6, 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    warm()
    with scratch() as root:
        samples = make(root / "samples")
        with server(samples) as address:
            report = {
                "kills": kills(samples, root / "kills", address, 0, KILLS, quick=True),
                "races": races(samples, root / "races", address, 0, RACES, quick=True),
                "disks": disks(samples, root / "disks", address, 0, most=DISKS, quick=True),
            }
    out.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
