"""How fast a training is beside other work, against its fair share: a program that prints JSON.

    python tests/training/measure_beside.py --runs 5 --seconds 10

Steps of the quickstart's network on synthetic galaxies, each run in a process of its own that counts galaxies a second
and galaxies a second of processor time: alone, and beside --busy programs that do nothing but turn round, each of one
thread. The ways stand in turn, and the runs of each way are summed up by their median, in brackets the least and most:

- ``spinning``: as torch is when it is left alone (threads that turn round and round while they wait, gradients of
  weights by the library of convolutions);
- ``sleeping``: as slipher computes;
- ``one thread``: the same with one.

``of the fair share`` holds a way's median against the best median alone, times what is due beside others: the cores
that they leave, or an equal part among all programs, whichever is more. On a machine where programs are at work
already, pass --others with how many, and read the ratios between ways: nothing is alone there.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from statistics import median

from slipher.threads import ASLEEP, available_cores

# a word of a user's on waiting, the default of a library that torch does not use here: slipher then says none of its own
WAYS = {
    "spinning": ({"KMP_BLOCKTIME": "200"}, []),
    "sleeping": (ASLEEP, []),
    "one thread": (ASLEEP, ["--threads", "1"]),
}
BUSY = "while True: pass"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--busy", type=int, nargs="*", default=[0, 2])
    parser.add_argument("--others", type=int, default=0)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    found = steps(given) if given.way else summary(measured(given), given)
    sys.stdout.write(json.dumps(found, indent=None if given.way else 2) + "\n")


def measured(given):
    """Runs by busy programs and way, in turn."""
    found = {busy: {way: [] for way in WAYS} for busy in given.busy}
    for _ in range(given.runs):
        for busy, ways in found.items():
            for way, runs in ways.items():
                runs.append(one(way, busy, given))
                sys.stderr.write(f"beside {busy}, {way}: {runs[-1]}\n")
    return found


def one(way, busy, given):
    """A run in a process of its own."""
    variables, more = WAYS[way]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    line = [sys.executable, __file__, "--way", way, "--seconds", str(given.seconds)]
    line += ["--precision", given.precision, "--batch", str(given.batch), *more]
    with ExitStack() as stack:
        for _ in range(busy):
            program = stack.enter_context(subprocess.Popen([sys.executable, "-c", BUSY]))
            stack.callback(program.kill)
        run = subprocess.run(line, env=environment | variables, capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def steps(given):
    """Take steps for some seconds, and count."""
    from contextlib import nullcontext

    from slipher.bench import step
    from slipher.bench.synthetic import synthetic
    from slipher.threads import limited
    from slipher.training import learner as module
    from slipher.training.config import TrainingConfig
    from slipher.training.history import Meter

    if given.way == "spinning":
        module.SharedOut = nullcontext
    step.TrainingConfig = lambda **options: TrainingConfig(**options, precision=given.precision)
    with limited(given.threads):
        learner = step._learner(step.Sizes("resnet18-reduced", given.batch))
        galaxies = synthetic(given.batch, 64, step.GRID)
        generator, meter = step.torch.Generator().manual_seed(0), Meter()
        learner.step(galaxies, generator, meter)
        started, spent, count = time.perf_counter(), time.process_time(), 0
        while time.perf_counter() - started < given.seconds:
            learner.step(galaxies, generator, meter)
            count += given.batch
    seconds, processor = time.perf_counter() - started, time.process_time() - spent
    return {"galaxies/s": round(count / seconds, 1), "galaxies/s of processor": round(count / processor, 1)}


def summary(found, given):
    """Medians, their ratios, and the share that is due."""
    cores = available_cores()
    tables = {busy: {way: summed_up(runs) for way, runs in ways.items()} for busy, ways in found.items()}
    answer = {"cores": cores, "runs": given.runs, "seconds": given.seconds, "precision": given.precision}
    answer |= {"others": given.others, "beside": tables}
    if 0 in tables:
        best = max(tables[0][way]["galaxies/s"][0] for way in WAYS)
        for busy, ways in tables.items():
            due = max(1 - busy / cores, 1 / (1 + busy))
            for table in ways.values():
                table["of the fair share"] = table["galaxies/s"][0] / (due * best)
    for ways in tables.values():
        ways["sleeping over spinning"] = ways["sleeping"]["galaxies/s"][0] / ways["spinning"]["galaxies/s"][0]
    return answer


def summed_up(runs):
    """Median, least and most of each number."""
    columns = {name: [run[name] for run in runs] for name in runs[0]}
    return {name: [median(values), min(values), max(values)] for name, values in columns.items()}


if __name__ == "__main__":
    main()
