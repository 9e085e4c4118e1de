"""A process that writes a small store slowly and may be killed; run by test_writer."""

import importlib.util
import sys
import time
from pathlib import Path

spec = importlib.util.spec_from_file_location("test_writer", Path(__file__).with_name("test_writer.py"))
tests = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tests)


def write(path, galaxies, pause):
    with tests.making(path, "one") as work:
        if work.done:
            return
        with tests.StoreWriter(path, tests.small_schema(galaxies), "one", work) as writer:
            for start, stop in writer.missing():
                writer.write(start, tests.rows(writer.schema, start, stop))
                time.sleep(pause)
            tests.fill(writer)


if __name__ == "__main__":
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    write(Path(sys.argv[1]), 21, 0.01)
