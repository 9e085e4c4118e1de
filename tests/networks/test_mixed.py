import torch

from slipher.networks.mixed import Mixed, MixedNetwork


def network():
    torch.manual_seed(0)
    return MixedNetwork(Mixed(3, 3, 7), 3, "none").eval()


def sample():
    return torch.randn(4, 3, 16, 16), torch.rand(4), torch.randn(4, 3)


def test_it_listens_to_images_extinction_and_photometry():
    mixed, given = network(), sample()
    logits = mixed(*given)
    for place in range(3):
        other = [each + 1 if place == index else each for index, each in enumerate(given)]
        assert not torch.allclose(mixed(*other), logits)


def test_photometry_is_standardised_and_the_scale_saved():
    mixed, other, (images, ebv, photometry) = network(), network(), sample()
    mean, std = torch.tensor([17.0, 0.5, 0.3]), torch.tensor([1.0, 0.2, 0.1])
    logits = mixed(images, ebv, photometry)
    mixed.calibrate_photometry(mean, std)
    other.load_state_dict(mixed.state_dict())
    torch.testing.assert_close(other(images, ebv, mean + std * photometry), logits)
