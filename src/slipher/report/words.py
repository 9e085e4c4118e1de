"""What the results can and cannot say, in sentences that follow from what ran."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from slipher.report.facts import Facts
from slipher.report.folder import Group, StudyFolder
from slipher.study.config import StudyConfig
from slipher.training.standstill import standstill

__all__ = ["caveats"]

PAPER_TRAIN = 466_169
"""Training galaxies of the paper, its 486,169 less 20,000 for validation."""
NETWORKS = {"neural", "pretrained"}
"""Methods that train the networks of the paper's kind."""
History = Mapping[str, Float[np.ndarray, "epochs"]]


def caveats(study: StudyFolder, facts: Facts, histories: Mapping[str, Sequence[History]]) -> list[str]:
    """Sentences a careful speaker would say before showing the table.

    Args:
        study: The finished study.
        facts: What ran.
        histories: Losses of each group that was trained by epochs, one mapping a seed.
    """
    said = [
        _seeds(facts),
        _size(study.groups, facts),
        _local_linear(study.groups, facts),
        _trainz(study.groups),
        _literal(study.configuration),
        _simulated(facts),
        _unfinished(histories),
        *_stopped(histories),
        _published(study),
    ]
    return [sentence for sentence in said if sentence]


def _seeds(facts: Facts) -> str:
    galaxies = f"{facts.train:,} training galaxies" if facts.train else "This sample"
    if facts.seeds == 1:
        return (
            f"{galaxies} and one seed cannot rank the groups. The intervals say how much the numbers depend on which "
            "galaxies were tested; how much they depend on the luck of initialisation and shuffling is not known here."
        )
    if facts.seeds < 5:
        return (
            f"The spread (±) is the sample standard deviation of {facts.seeds} seeds, which is itself uncertain by "
            f"about {100 / np.sqrt(2 * (facts.seeds - 1)):.0f} %; the brackets are over test galaxies only."
        )
    return ""


def _size(groups: Sequence[Group], facts: Facts) -> str:
    """Said of networks alone: what is fitted to photometry needs no more."""
    networks = any(group.method in NETWORKS for group in groups)
    if not networks or not facts.train or facts.train >= 50_000:
        return ""
    return (
        f"The paper trained on {PAPER_TRAIN:,} galaxies, this study on {facts.train:,}. Networks with so few are "
        "limited by that: the table shows how the groups behave here, not what they reach on a survey."
    )


def _local_linear(groups: Sequence[Group], facts: Facts) -> str:
    """Said only where it is so: the neighbours are ahead of every network on images."""
    by_method = {
        method: [_mad(group) for group in groups if group.method == method] for method in ("local-linear", "neural")
    }
    if not facts.images or not all(by_method.values()) or min(by_method["local-linear"]) >= min(by_method["neural"]):
        return ""
    name = next(group.name for group in groups if group.method == "local-linear")
    return (
        f"{name} is ahead of the networks, which is expected at this size: it is handed measured photometry, whose "
        "relation to redshift is locally almost linear, while a network has to learn to measure from pixels before it "
        "can learn redshifts. With a hundred times the galaxies, in the paper's own table, the order is reversed."
    )


def _trainz(groups: Sequence[Group]) -> str:
    names = [group.name for group in groups if group.method == "trainz"]
    if not names:
        return ""
    return (
        f"{names[0]} gives every galaxy the redshift distribution of the training set and looks at nothing else. Its "
        "PIT is flat by construction: a good PIT means nothing by itself."
    )


def _literal(configuration: StudyConfig) -> str:
    """Said where the constraints are summed as printed: what was not read literally all the same."""
    if configuration.training.reduction != "sum":
        return ""
    decay = configuration.training.weight_decay
    return (
        "The paper's formulas are read literally here (constraints are sums over a batch), but for these: weight decay "
        f"is {decay:g} as torch takes it, where γ‖θ‖² would be {2 * decay:g}; the expected flux is Σ p Φ' over bins, "
        "without the width Δ that the printed integral of outputs would bring; and a plateau is told by an absolute "
        "threshold, since totals go below 0."
    )


def _simulated(facts: Facts) -> str:
    if not facts.simulated:
        return ""
    return (
        "The galaxies are simulated from real SDSS fluxes, redshifts and extinctions with a real point-spread function "
        "and sky. Their shapes carry no information on redshift and all bands share one profile, so absolute numbers "
        "do not carry over to real images."
    )


def _unfinished(histories: Mapping[str, Sequence[History]]) -> str:
    """Groups whose lowest validation loss came in the very last epoch."""
    names = [name for name, runs in histories.items() if any(_still_falling(run) for run in runs)]
    if not names:
        return ""
    verb = "was" if len(names) == 1 else "were"
    return f"{_listed(names)} {verb} still improving in the last epoch: more epochs would lower the validation loss."


def _still_falling(history: History) -> bool:
    total = history.get("validation_total")
    if total is None or total.size < 2 or not np.isfinite(total).any():
        return False
    return int(np.nanargmin(total)) == total.size - 1


def _stopped(histories: Mapping[str, Sequence[History]]) -> list[str]:
    """Groups that learnt nothing more before their last epoch, and why; what several seeds did is said of the first."""
    reasons = {name: next(filter(None, map(_standstill, runs)), []) for name, runs in histories.items()}
    return [f"{name} stopped learning early: {reason}" for name, found in reasons.items() for reason in found]


def _standstill(history: History) -> list[str]:
    if not {"learning_rate", "validation_total"} <= set(history):
        return []
    rates, totals = (history[name].tolist() for name in ("learning_rate", "validation_total"))
    return standstill(rates, totals, len(rates))


def _published(study: StudyFolder) -> str:
    if study.published_left_out:
        return (
            f"The published rows of the paper's table are not shown: {study.published_left_out}. They were measured on "
            "the SDSS main galaxy sample."
        )
    if not study.published:
        return ""
    sentence = (
        "Rows marked published are printed as their authors measured them on real SDSS images of the main galaxy "
        "sample, trained on one A100; they stand there for orientation and do not compete here."
    )
    if any("CDE loss" in str(row.get("source", "")) for row in study.published):
        sentence += (
            " The paper prints CDE losses near −8 × 10⁻⁴ in a unit it does not state, so they are not tabulated."
        )
    return sentence


def _mad(group: Group) -> float:
    entry = group.row.get("metrics", {}).get("mad") or {}
    value = entry.get("mean")
    return float("inf") if value is None else float(value)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
