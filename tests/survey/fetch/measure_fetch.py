"""Files a second from a loopback server in a process of its own, against the plainest loop: python measure_fetch.py"""

import http.server
import importlib.util
import json
import multiprocessing
import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import requests

from slipher.survey.fetch.addresses import Remote
from slipher.survey.fetch.fetch import fetch

COUNT, ROWS = 2000, 40_000


def main():
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        names = make(source)
        port, server = serve(source)
        os.environ["NO_PROXY"] = "127.0.0.1"
        base = f"http://127.0.0.1:{port}"
        seconds = {"plainest loop": timed(lambda: plainest(base, names, Path(folder) / "plain"))}
        remotes = [Remote(name, f"{base}/{name}", "fits") for name in names]
        for connections in (1, 4):
            out = Path(folder) / str(connections)
            seconds[f"{connections} at a time"] = timed(lambda c=connections, o=out: fetch(remotes, o, c))
            seconds[f"again, {connections}"] = timed(lambda c=connections, o=out: fetch(remotes, o, c))
        server.kill()
    rates = {name: round(COUNT / value) for name, value in seconds.items()}
    sys.stdout.write(json.dumps({"files": COUNT, "files_per_second": rates}, indent=2) + "\n")


def make(source):
    """As many spec-lite files, of their usual size."""
    spec = importlib.util.spec_from_file_location("serving", Path(__file__).with_name("serving.py"))
    serving = importlib.util.module_from_spec(spec)
    sys.modules["serving"] = serving
    spec.loader.exec_module(serving)
    body = serving.fits_bytes(rows=ROWS)
    names = [f"{266 + number // 640:04d}/spec-{number:05d}.fits" for number in range(COUNT)]
    for name in names:
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return names


class Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass


def answer(source, pipe):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(source))) as server:
        pipe.send(server.server_address[1])
        server.serve_forever()


def serve(source):
    mine, its = multiprocessing.Pipe()
    process = multiprocessing.Process(target=answer, args=(source, its), daemon=True)
    process.start()
    return mine.recv(), process


def plainest(base, names, out):
    """No resuming, no verification, no manifest."""
    with requests.Session() as session:
        for name in names:
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(session.get(f"{base}/{name}").content)


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
