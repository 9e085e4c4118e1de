import pytest

from slipher.bench import simulation


def test_rendering_is_galsims_own_and_faster():
    result = simulation.rendering(cutouts=6, runs=1)
    assert result.name == "simulation: rendering"
    assert result.ratio > 1.5
    assert float(result.note.split("largest difference ")[1].split()[0]) < 0.01


@pytest.mark.slow
def test_the_number_of_processes_changes_no_byte(tmp_path):
    one, two = (simulation.simulated(tmp_path / f"{workers}.h5", 70, workers)() for workers in (1, 2))
    assert one == two
