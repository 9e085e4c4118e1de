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
        ("count: 1\ncount: 2", "key count stands twice", "in lines 1 and 2"),
        ("weights: {1: 0.1, '1': 0.2}", "key 1 stands twice", "in line 1; rename or remove one"),
        ("weights:\n  true: 0.1\n  x: 1\n  'true': 0.2", "key true stands twice", "in lines 2 and 4"),
        ("weights: {~: 0.1, '~': 0.2}", "key ~ stands twice", "in line 1"),
        ('weights: {x: {1.0: a, y: {b: 1, "b": 2}}}', "key b stands twice", "in line 1"),
        ("either: {name: one, rate: 1, name: two}", "key name stands twice", "in line 1"),
        ("weights: {[1, 2]: 0.1}", "the key in line 1 is no text", ""),
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


def test_keys_are_the_texts_that_stand_there():
    text = "1: a\ntrue: b\nnull: c\n1.0: d\n01: e\non: f\n2024-01-01: g"
    keys = ["1", "true", "null", "1.0", "01", "on", "2024-01-01"]
    assert list(read_yaml(text, "x")) == keys
    assert read_yaml(dump(read_yaml(text, "x")), "x") == dict(zip(keys, "abcdefg", strict=True))


def test_what_is_merged_gives_way_and_is_no_repetition():
    text = "c: &c {x: 1, y: 1}\nb: &b {<<: *c, x: 2}\na: {<<: *b, y: 3}\nboth: {<<: [*b, *c], z: 0}"
    document = read_yaml(text, "x")
    assert document["b"] == {"x": 2, "y": 1}
    assert document["a"] == {"x": 2, "y": 3}
    assert document["both"] == {"x": 2, "y": 1, "z": 0}


def test_names_that_are_one_as_text_are_refused_in_any_document():
    with pytest.raises(InputError, match=r"here: weights\.1 stands twice"):
        from_document(Outer, {"weights": {1: 0.1, "1": 0.2}}, "here")


KEYS = st.one_of(st.integers(0, 3).map(str), st.sampled_from(["true", "'true'", "'1'", '"2"', "yes", "~", "a", "'a'"]))


@settings(max_examples=60, deadline=None)
@given(st.lists(KEYS, min_size=1, max_size=5), st.booleans())
def test_no_key_is_ever_lost(keys, flow):
    inner = ", ".join(f"{key}: {{}}" for key in keys) if flow else "".join(f"\n  {key}: {{}}" for key in keys)
    texts = [key.strip("'\"") for key in keys]
    text = f"groups: {{{inner}}}" if flow else f"groups:{inner}"
    if len(set(texts)) < len(texts):
        with pytest.raises(InputError, match="stands twice"):
            read_yaml(text, "x")
    else:
        assert list(read_yaml(text, "x")["groups"]) == texts


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


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "more than 100,000 entries"),
        ("a: &a {b: *a}", "holds itself"),
        ("a: &a [1, [2, *a]]", "holds itself"),
        ("[" * 5000 + "]" * 5000, "nested too deeply"),
        ("{a: " * 3000 + "1" + "}" * 3000, "nested too deeply"),
        ('data: "a\\0b.h5"', "NUL character"),
        ("x: " + "y" * 1_000_001, "at most 1,000,000"),
    ],
)
def test_documents_without_bound(text, said):
    with pytest.raises(InputError, match=said):
        read_yaml(text, "study.yaml")


def test_what_is_named_again_is_read():
    text = "a: &a {x: 1, y: [2]}\nb: *a\nc: {<<: *a, x: 3}"
    assert read_yaml(text, "study.yaml") == {"a": {"x": 1, "y": [2]}, "b": {"x": 1, "y": [2]}, "c": {"x": 3, "y": [2]}}
