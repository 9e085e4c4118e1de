import subprocess
import sys
from pathlib import Path

import pytest

from slipher.constraints import CDELoss, Flux, Invariance, from_config
from slipher.constraints.config import CONSTRAINTS, constraint_class, constraint_options
from slipher.errors import InputError

SMOOTH = '''
"""Σ_c (p_{c+1} − p_c)²: neighbouring bins should be alike."""

from dataclasses import dataclass

from slipher.constraints import Constraint


@dataclass(frozen=True)
class Smooth(Constraint):
    power: float = 2.0

    def penalty(self, p, batch):
        return p.diff(dim=1).abs().pow(self.power).sum(dim=1)


class Empty(Constraint):
    pass


class Other:
    pass
'''


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mine.py").write_text(SMOOTH)
    (tmp_path / "broken.py").write_text("1 / 0\n")
    return tmp_path


def test_a_study_files_constraints():
    terms = from_config(
        {"flux": 0.1, "invariance": {"weight": 0.2, "fraction": 1}, "cde": {"weight": 1, "form": "mass"}}
    )
    assert terms == 0.1 * Flux() + 0.2 * Invariance(fraction=1) + 1 * CDELoss(form="mass")
    assert not from_config({})


def test_a_users_own_constraint(folder):
    terms = from_config({"mine.py:Smooth": {"weight": 0.2, "power": 1}}, folder)
    assert terms.names == ("smooth",)
    assert repr(terms) == "0.2 * Smooth(power=1)"
    absolute = from_config({f"{folder}/mine.py:Smooth": 0.2}, Path("/"))
    assert absolute.names == ("smooth",)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"fluxx": 0.1}, r"constraints.fluxx is not known; there are flux, invariance, cde"),
        ({"flux": "much"}, r"constraints.flux.weight is 'much', but must be a number"),
        ({"flux": True}, r"weight is True, but must be a number"),
        ({"flux": {"uncovered": "zero"}}, r"constraints.flux.weight is None"),
        ({"flux": {"weight": 1, "covered": "zero"}}, r"flux.covered is not known; allowed are weight, uncovered"),
        ({"flux": {"weight": 1, "uncovered": "nil"}}, r"flux.uncovered is 'nil', but must be one of mask, zero"),
        ({"flux": {"weight": 1, "min_coverage": "all"}}, r"min_coverage is 'all', but must be of type float"),
        ({"flux": {"weight": 1, "deredden": 1}}, r"deredden is 1, but must be of type bool"),
        ({"invariance": {"weight": 1, "fraction": 0}}, r"invariance.fraction is 0, but must be above 0"),
        ({"nowhere.py:Smooth": 1}, r"nowhere.py does not exist"),
        ({"mine.py:Rough": 1}, r"has no subclass of slipher's Constraint called 'Rough'"),
        ({"mine.py:Other": 1}, r"has no subclass of slipher's Constraint called 'Other'"),
        ({"mine.py:Empty": 1}, r"defines no penalty"),
        ({"broken.py:Smooth": 1}, r"does not run: ZeroDivisionError"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(folder, config, message):
    with pytest.raises(InputError, match=message) as caught:
        from_config(config, folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_options_can_be_listed(name):
    options = constraint_options(constraint_class(name, Path()))
    assert from_config({name: {"weight": 1.0, **options}}).names == (name,)


def test_configurations_are_read_without_torch():
    modules = "slipher.constraints, slipher.constraints.config, slipher.networks.config, slipher.training.config"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
