"""Every kind of value against every kind of JSON."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.methods.parsing import parsed
from slipher.networks.config import NetworkConfig
from slipher.redshift import Grid

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@dataclass(frozen=True)
class Part:
    """Two keys."""

    size: int
    kind: Literal["a", "b"] = "a"


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (int, 3, 3),
        (float, 3, 3.0),
        (float, 3.5, 3.5),
        (bool, True, True),
        (str, "u", "u"),
        (int | None, None, None),
        (int | None, 3, 3),
        (tuple[str, ...], [], ()),
        (tuple[str, ...], ["u", "g"], ("u", "g")),
        (tuple[int, int] | None, [1, 2], (1, 2)),
        (Mapping[str, Any], {"x": [1]}, {"x": [1]}),
        (Part, {"size": 3}, Part(3)),
        (Part, {"size": 3, "kind": "b"}, Part(3, "b")),
        (Grid, {"z_max": 3, "bins": 300}, Grid(3.0, 300)),
        (NetworkConfig, {"name": "colours", "size": None}, NetworkConfig("colours")),
    ],
)
def test_what_is_right_is_taken(kind, value, expected):
    found = parsed(kind, value, "key")
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (int, True, "key is True, but must be a whole number"),
        (int, 3.0, "key is 3.0, but must be a whole number"),
        (int, 2**63, "but must be a whole number"),
        (float, "3", "key is '3', but must be a finite number"),
        (float, float("nan"), "key is nan, but must be a finite number"),
        (float, float("-inf"), "but must be a finite number"),
        (float, 10**400, "but must be a finite number"),
        (bool, 1, "key is 1, but must be true or false"),
        (str, ["u"], r"key is \['u'\], but must be text"),
        (tuple[str, ...], "ugriz", "key is 'ugriz', but must be a list"),
        (tuple[str, ...], ["u", 1], r"key\[1\] is 1, but must be text"),
        (tuple[int, int], [1, 2, 3], "but must be a list of 2"),
        (int | None, "x", "but must be a whole number"),
        (Mapping[str, Any], [], r"key is \[\], but must be a table of keys and values"),
        (Part, None, "key is None, but must be a table"),
        (Part, {}, r"key\.size is missing"),
        (Part, {"size": None}, r"key\.size is None, but must be a whole number"),
        (Part, {"size": 3, "kind": ["a"]}, r"key\.kind is \['a'\], but must be one of a, b"),
        (Part, {"size": 3, "x": 1}, "key has a key 'x', which this slipher does not know; it knows size, kind"),
        (Grid, {"z_max": -1, "bins": 3}, r"grid\.z_max is -1"),
        (
            Grid,
            {"z_max": 1, "bins": 10**12},
            r"grid\.bins is 1000000000000, but must be at least 2 and at most 100,000",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_key(kind, value, said):
    with pytest.raises(InputError, match=said) as caught:
        parsed(kind, value, "key")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "kind", [int, float, bool, str, tuple[float, ...], tuple[int, int] | None, Mapping[str, Any], Grid, NetworkConfig]
)
def test_nothing_but_the_type_or_an_error_comes_of_any_json(kind):
    own = tuple if "tuple" in str(kind) else getattr(kind, "__origin__", kind)

    @settings(deadline=None, derandomize=True)
    @given(JSON)
    def check(value):
        with suppress(InputError):
            found = parsed(kind, value, "key")
            assert found is None or isinstance(found, own)

    check()
