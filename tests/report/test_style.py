import matplotlib

from slipher.report.style import COLOURS, looks, new_figure, save, styled


def test_figures_are_saved_whole_and_the_same_bytes(tmp_path):
    for name in ("first", "second"):
        with styled():
            figure = new_figure(3, 2)
            figure.add_subplot().plot([0, 1], [1, 0])
            save(figure, tmp_path, name)
    for suffix in (".png", ".pdf"):
        assert (tmp_path / f"first{suffix}").read_bytes() == (tmp_path / f"second{suffix}").read_bytes()
    assert len(list(tmp_path.iterdir())) == 4


def test_the_house_style_ends_with_its_context():
    before = dict(matplotlib.rcParams)
    with styled():
        assert matplotlib.rcParams["font.family"] == ["STIXGeneral"]
    assert dict(matplotlib.rcParams) == before


def test_groups_keep_a_look_each():
    found = looks([str(number) for number in range(len(COLOURS) + 1)])
    assert len(set(found.values())) == len(COLOURS)
    assert found["0"] == found[str(len(COLOURS))]
