from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slipher.errors import InputError
from slipher.study.document import dump, from_document, read_yaml, set_key, to_document


@dataclass(frozen=True)
class Inner:
    rate: float = 0.1
    name: Literal["one", "two"] = "one"


@dataclass(frozen=True)
class Outer:
    count: int = 3
    inner: Inner = field(default_factory=Inner)
    words: tuple[str, ...] = ()
    weights: dict[str, float | dict[str, Any]] = field(default_factory=dict)
    either: Inner | str = "text"
    on: bool = False


def read(text: str) -> Outer:
    return from_document(Outer, read_yaml(text, "file.yaml"), "file.yaml")


def test_what_is_left_out_takes_its_default():
    assert read("{}") == read("") == Outer()


def test_values_reach_their_fields():
    found = read("count: 5\ninner: {rate: 1e-3}\nwords: [a, b]\nweights: {x: 1, y: {weight: 2}}\neither: {name: two}")
    assert found == Outer(5, Inner(1e-3), ("a", "b"), {"x": 1.0, "y": {"weight": 2}}, Inner(name="two"))


def test_on_is_a_word_and_numbers_may_lack_a_dot():
    document = read_yaml("on: yes\na: 1e-3\nb: true\nc: -2\nd: 1.5e+2", "x")
    assert document == {"on": "yes", "a": 1e-3, "b": True, "c": -2, "d": 150.0}


@pytest.mark.parametrize(
    ("text", "named", "allowed"),
    [
        ("cuont: 3", "unknown key cuont", "allowed: count, inner, words"),
        ("inner: {rat: 3}", "unknown key inner.rat", "allowed: rate, name"),
        ("inner: {name: three}", "inner.name is 'three'", "one of one, two"),
        ("count: many", "count is 'many'", "a whole number"),
        ("count: true", "count is True", "a whole number"),
        ("inner: {rate: fast}", "inner.rate is 'fast'", "a number"),
        ("inner: {rate: .nan}", "inner.rate is", "a number"),
        ("inner: 3", "inner is 3", "mapping"),
        ("words: a", "words is 'a'", "a list"),
        ("either: 3", "either is 3", "{rate, name} or text"),
        ("weights: {x: much}", "weights.x is 'much'", "a number or a mapping"),
        ("on: maybe", "on is 'maybe'", "true or false"),
        ("count: 1\ncount: 2", "key count stands twice", "line"),
        ("count: [1", "not a YAML document", "line"),
        ("- 1", "the document is [1]", "mapping"),
    ],
)
def test_an_error_names_the_key_and_what_is_allowed(text, named, allowed):
    with pytest.raises(InputError) as error:
        read(text)
    assert str(error.value).startswith("file.yaml: ")
    assert named in str(error.value)
    assert allowed in str(error.value)
    assert "\n" not in str(error.value)


@example(Outer(words=("0e0", "1e-3", "1.5", "on", "true", "7", "")))
@settings(max_examples=30, deadline=None)
@given(
    st.builds(
        Outer,
        count=st.integers(-10, 10),
        inner=st.builds(Inner, rate=st.floats(-1e6, 1e6), name=st.sampled_from(["one", "two"])),
        words=st.lists(st.text("abyno10.e-", min_size=1), max_size=3).map(tuple),
        weights=st.dictionaries(st.text("onabc", min_size=1), st.floats(0, 1) | st.just({"weight": 0.5, "on": "x"})),
        on=st.booleans(),
    )
)
def test_a_written_document_reads_back_the_same(config):
    assert read(dump(to_document(config))) == config


def test_a_dotted_key_makes_what_is_missing():
    assert set_key({"a": {"b": 1}, "c": 2}, "a.d.e", 3) == {"a": {"b": 1, "d": {"e": 3}}, "c": 2}
    assert set_key({"a": "file"}, "a.simulate", 5) == {"a": {"simulate": 5}}
