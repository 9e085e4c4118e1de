"""Training, pretraining and prediction killed at each call to the system that changes a name, and three at a time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import contextlib, io, json, os, shutil, sys, time
from pathlib import Path
import torch
torch.set_num_threads(1)
from slipher.errors import InputError
from slipher.methods.base import Job
from slipher.methods.network import pretraining
from slipher.methods.trainz import fit
from slipher.redshift import Grid
from slipher.study import predict as prediction, single
from slipher.study.config import GroupConfig, StudyConfig
from slipher.networks.config import NetworkConfig
from slipher.survey.store import open_store
from slipher.training.config import TrainingConfig
from slipher.training.pretrain_config import PretrainConfig
from slipher.unfinished import Unfinished

sys.path.insert(0, sys.argv[1])
from dying import Dying, ended

home, catalogue, images = map(Path, sys.argv[2:])
EXACT = TrainingConfig(epochs=1, precision="float32", device="cpu")
VIEWS = PretrainConfig(epochs=1, batch_size=30, queue=40, width=8, augment=("rotation",))
STUDY = StudyConfig(
    data=str(catalogue), network=NetworkConfig("colours"), training=EXACT, grid=Grid(0.4, 10), groups={"g": GroupConfig()}
)
prediction.BLOCK = 300
galaxies = open_store(catalogue)
model = fit(galaxies, Job(grid=Grid(0.4, 10)))
what = pretraining.Pretraining(open_store(images), config=VIEWS, machine=EXACT)

def predict(folder):
    prediction.predict(model, galaxies, folder / "d.hdf5", folder / "c.csv")

def train(folder):
    single.train_one(STUDY, "g", 0, folder / "m.safetensors")

def pretrain(folder):
    pretraining.trunk_file(what, folder / "t.safetensors", progress=False)

def content(folder):
    return {path.name: path.read_bytes() if path.is_file() else None for path in folder.iterdir()}

def stopped_before_the_end(make, folder):
    publish = Unfinished.publish
    Unfinished.publish = lambda self: (_ for _ in ()).throw(KeyboardInterrupt)
    with contextlib.suppress(KeyboardInterrupt):
        make(folder)
    Unfinished.publish = publish

def killed_after(calls, make, folder):
    Dying(calls).watch("mkdir", "rename", "replace", "unlink", "rmdir")
    make(folder)

def kill_everywhere(make, folder, begin, expected):
    wrong = []
    for calls in range(400):
        begin()
        status = ended(lambda: killed_after(calls, make, folder))
        if status != -9:
            break
        try:
            make(folder)
        except Exception as error:
            wrong.append(f"{calls}: {error!r}")
        if content(folder) != expected:
            wrong.append(f"{calls}: {sorted(content(folder))}")
    return {"calls": calls, "status": status, "wrong": wrong}

def new(name):
    folder = home / name
    folder.mkdir()
    return folder

def from_nothing(make, name):
    folder = new(name)
    make(folder)
    expected = content(folder)
    def begin():
        shutil.rmtree(folder)
        folder.mkdir()
    return kill_everywhere(make, folder, begin, expected)

def from_the_last_step(make, name):
    folder, kept = new(name), home / f"{name} kept"
    stopped_before_the_end(make, folder)
    shutil.copytree(folder, kept)
    make(folder)
    expected = content(folder)
    def begin():
        shutil.rmtree(folder)
        shutil.copytree(kept, folder)
    return kill_everywhere(make, folder, begin, expected)

def together(make, name, expected, rounds):
    seen = {"all failed": 0, "others": 0, "said": 0}
    for number in range(rounds):
        folder = new(f"{name} {number}")
        begin, children = time.monotonic() + 0.05, []
        for _ in range(3):
            child = os.fork()
            if not child:
                status = 3
                try:
                    time.sleep(max(0, begin - time.monotonic()))
                    make(folder)
                    status = 0
                except InputError as error:
                    status = 2 if "is being written by process" in str(error) else 4
                finally:
                    os._exit(status)
            children.append(child)
        ended = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        seen["all failed"] += 0 not in ended
        seen["others"] += not set(ended) <= {0, 2} or content(folder) != expected
        seen["said"] += 2 in ended
    return seen

with contextlib.redirect_stderr(io.StringIO()):
    found = {
        "predict": from_nothing(predict, "predict"),
        "train": from_the_last_step(train, "train"),
        "pretrain": from_the_last_step(pretrain, "pretrain"),
        "three": together(predict, "three", content(home / "predict"), 4),
    }
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory, catalogue_store, image_store):
    words = [
        sys.executable,
        "-c",
        PROGRAM,
        Path(__file__).parents[1],
        tmp_path_factory.mktemp("home"),
        catalogue_store,
        image_store,
    ]
    ended = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.parametrize("verb", ["predict", "train", "pretrain"])
def test_killed_anywhere_the_same_command_ends_with_the_same_bytes_and_nothing_else(found, verb):
    assert found[verb]["wrong"] == []
    assert found[verb]["status"] == 0
    assert found[verb]["calls"] > 10


def test_of_three_at_a_time_one_makes_it_and_the_others_say_who(found):
    assert found["three"] == {"all failed": 0, "others": 0, "said": found["three"]["said"]}
    assert found["three"]["said"] > 0
