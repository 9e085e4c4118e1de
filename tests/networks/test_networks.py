"""One battery over every network."""

import pytest
import torch

from slipher.errors import InputError
from slipher.networks.build import build, parameters
from slipher.networks.config import CONFIGURATIONS, NetworkConfig
from slipher.networks.heads import equal_logits

BANDS = ("g", "r", "i")
BINS = 17
SMALL = {
    "resnet18": NetworkConfig("resnet18", stem="full"),
    "resnet18-reduced": NetworkConfig("resnet18"),
    "resnet34-reduced": NetworkConfig("resnet34", stretch="sqrt"),
    "resnet50-reduced": NetworkConfig("resnet50", stretch="dey"),
    "hayat": NetworkConfig("resnet50", head="hayat", stretch="none", deredden=True),
    "pasquet": NetworkConfig("pasquet-1024", stretch="sqrt"),
    "disanto": NetworkConfig("disanto"),
    "henghes": NetworkConfig("henghes"),
    "hoyle": NetworkConfig("hoyle"),
    "colours": NetworkConfig("colours"),
}


@pytest.fixture(params=SMALL, scope="module")
def network(request):
    torch.manual_seed(0)
    network = build(SMALL[request.param], BANDS, BINS)
    network.config = SMALL[request.param]
    return network


def sample(network, count=4):
    generator = torch.Generator().manual_seed(1)
    shapes = {"images": [(3, 16, 16)], "photometry": [(3,)], "both": [(3, 16, 16), (3,)]}[network.inputs]
    first, *rest = (torch.randn(count, *shape, generator=generator) for shape in shapes)
    return first, torch.rand(count, generator=generator) / 10, *rest


def test_logits_are_finite_and_one_a_bin(network):
    logits = network(*sample(network))
    assert logits.shape == (4, BINS)
    assert logits.isfinite().all()


def test_gradient_reaches_every_parameter(network):
    network.train().zero_grad()
    network(*sample(network)).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_state_survives_a_round_trip(network):
    other = build(network.config, BANDS, BINS)
    other.load_state_dict(network.state_dict())
    with torch.no_grad():
        assert torch.equal(other.eval()(*sample(network)), network.eval()(*sample(network)))


def test_bfloat16_gives_nearly_the_same(network):
    network.eval()
    with torch.no_grad():
        exact = network(*sample(network))
        with torch.autocast("cpu", torch.bfloat16):
            rough = network(*sample(network)).float()
    assert (rough - exact).abs().max() < 0.05 * exact.abs().max()


@pytest.mark.parametrize(("name", "count"), [("resnet50", 25_797_160), ("hayat", 23_883_124)])
def test_published_parameter_counts(name, count):
    assert parameters(CONFIGURATIONS[name]) == count


def test_every_configuration_has_a_count():
    assert all(parameters(config) > 10_000 for config in CONFIGURATIONS.values())


def test_stems_differ_in_work_not_in_parameters():
    assert parameters(CONFIGURATIONS["resnet18"]) == parameters(CONFIGURATIONS["resnet18-reduced"])


def test_initialisation_is_he_normal():
    torch.manual_seed(0)
    body = build(NetworkConfig("resnet50"), ("u", "g", "r", "i", "z"), 180).body
    for module in body.modules():
        if isinstance(module, torch.nn.Conv2d) and module.weight.numel() > 50_000:
            fan_out = module.weight.shape[0] * module.kernel_size[0] ** 2
            assert module.weight.std().item() == pytest.approx((2 / fan_out) ** 0.5, rel=0.02)
        if isinstance(module, torch.nn.Linear):
            assert module.bias.abs().sum() == 0
            assert module.weight.std().item() == pytest.approx((2 / module.in_features) ** 0.5, rel=0.02)
        if isinstance(module, torch.nn.BatchNorm2d):
            assert (module.weight == 1).all()


@pytest.mark.parametrize("head", ["paper", "hayat"])
def test_equal_logits_say_the_same_of_every_galaxy_and_learn(head):
    network = build(NetworkConfig("resnet18", head=head), BANDS, BINS)
    equal_logits(network)
    logits = network(torch.randn(4, 3, 16, 16), torch.rand(4))
    assert torch.equal(logits, torch.zeros(4, BINS))
    torch.nn.functional.cross_entropy(logits, torch.arange(4)).backward()
    last = network.body.head.out if head == "paper" else network.body.head
    assert last.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("name", ["pasquet", "disanto", "henghes", "hoyle", "colours"])
def test_published_networks_begin_as_published(name):
    network = build(NetworkConfig(name), BANDS, BINS)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    equal_logits(network)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_extinction_moves_the_paper_head_and_not_hayats():
    images, ebv = torch.randn(2, 3, 16, 16), torch.tensor([0.0, 0.1])
    paper, hayat = (build(NetworkConfig("resnet18", head=head), BANDS, BINS).eval() for head in ("paper", "hayat"))
    assert not torch.equal(paper(images, ebv), paper(images, ebv + 0.1))
    assert torch.equal(hayat(images, ebv), hayat(images, ebv + 0.1))


def test_unknown_names_say_what_is_allowed():
    config = NetworkConfig()
    object.__setattr__(config, "stem", "half")  # the constructor's types are checked before it could speak
    with pytest.raises(InputError, match=r"network.stem is 'half', but must be one of reduced, full"):
        config.__post_init__()
    for name in ("resnet51", "timm:", "convnext_nano"):
        with pytest.raises(InputError, match=rf"network.name is '{name}', but must be one of resnet18, .*, timm:NAME"):
            NetworkConfig(name)
    assert NetworkConfig("timm:convnext_nano").name == "timm:convnext_nano"


class Seen(torch.nn.Module):
    """Says what it is shown."""

    def forward(self, images, ebv):
        return images.flatten(1)


@pytest.mark.parametrize(
    ("config", "coefficients"),
    [
        # Hayat et al. at github.com/mahayat/ssl-sky-surveys: 10^(0.4 R E(B−V)) with these R
        (CONFIGURATIONS["hayat"], [4.239, 3.303, 2.285, 1.698, 1.263]),
        (NetworkConfig("resnet18", head="hayat", stretch="none", deredden=True), [4.239, 3.303, 2.285, 1.698, 1.263]),
        (NetworkConfig("resnet18", stretch="none", deredden=True), [5.155, 3.793, 2.751, 2.086, 1.479]),
        (NetworkConfig("resnet18", head="hayat", stretch="none"), [0.0] * 5),
    ],
)
def test_images_are_dereddened_as_each_system_has_it(config, coefficients):
    network = build(config, tuple("ugriz"), BINS)
    network.body = Seen()
    images, ebv = torch.full((3, 5, 2, 2), 7.0), torch.tensor([0.0, 0.1, 0.4])
    expected = 7 * 10 ** (0.4 * ebv[:, None] * torch.tensor(coefficients))
    torch.testing.assert_close(network(images, ebv), expected.repeat_interleave(4, dim=1))
