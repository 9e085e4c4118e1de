from slipher.bench import responses


def test_tables_are_the_direct_integral_and_much_faster():
    result = responses.on_one_thread(spectra=24, direct=2, runs=1)
    assert result.name == "responses: one thread"
    assert result.unit == "spectra/s"
    assert result.ratio > 3
    assert difference(result) < 1e-3


def test_those_of_a_store_too(tmp_path):
    responses.write_spectra(tmp_path / "spectra.h5", 24)
    result = responses.of_a_store(tmp_path / "spectra.h5", "template", stored=24, direct=2, runs=1)
    assert result.ratio > 1
    assert difference(result) < 1e-3
    assert len(list((tmp_path / "spectra.h5.responses").iterdir())) == 1


def difference(result):
    return float(result.note.split("largest relative difference ")[1].split(",")[0])
