"""The words under each figure: what is drawn, how to read it, and which figure of the paper it is."""

from slipher.report.redshifts import Points

__all__ = ["PLACES", "comparison", "errorbars", "losses", "paper_figure", "pit", "redshifts", "stack", "views"]

PLACES = {"baseline": 0, "augmented": 1, "constrained": 2}
"""The paper's order of its three groups, in which its figures are numbered."""


def paper_figure(first: int, group: str) -> str:
    """Which figure of the paper shows the same: Figure ``first`` and the two after it are its three groups."""
    if group in PLACES:
        return f"Figure {first + PLACES[group]} of the paper."
    return f"As Figures {first}–{first + 2} of the paper."


def pit(group: str, galaxies: int, seed: int, others: int, flat: bool) -> str:
    """Caption of the PIT histogram; ``flat`` for a method whose PIT is uniform by construction."""
    outlines = f" Thin outlines: {others} further seed{'s' * (others > 1)}." if others else ""
    reading = (
        "Flat by construction: this method gives every galaxy the same density."
        if flat
        else "Raised ends mean densities that are too narrow, a raised middle too wide, a slope a bias."
    )
    return (
        f"{paper_figure(1, group)} Probability integral transform of {galaxies:,} test galaxies, seed {seed}. "
        "Calibrated densities stay in the grey band around 1 (95 % of the binomial distribution, bin by bin). "
        f"{reading}{outlines}"
    )


def redshifts(group: str, points: Points, seed: int) -> str:
    """Caption of the point estimates."""
    return (
        f"{paper_figure(4, group)} Mean of the density against spectroscopic redshift, {points.redshift.size:,} test "
        f"galaxies, seed {seed}: kernel density estimate, every outlier beyond |Δz| = {points.limit:g} (dashed) as a "
        "point. Below: residuals Δz = (z_p − z)/(1 + z) with their running median and 16–84 % range; points beyond the "
        "panel are drawn at its edge."
    )


def errorbars(group: str, limit: float, drawn: int, reached: int) -> str:
    """Caption of the outliers with bars."""
    if not drawn:
        return f"{paper_figure(7, group)} No galaxy has |Δz| > {limit:g}, so there is no outlier to draw a bar for."
    many = {0: "None of the bars reaches", 1: "One bar reaches", drawn: "All bars reach"}.get(
        reached, f"{reached} of the bars reach"
    )
    ending = ", so the density allowed for the true redshift there" if reached else ""
    return (
        f"{paper_figure(7, group)} The same, with the 5–95 % intervals of {drawn} outliers chosen at random. {many} "
        f"the one-to-one line{ending}."
    )


def views(group: str, galaxies: int, seed: int, count: int, reason: str) -> str:
    """Caption of the twelve galaxies; ``reason`` says why there is one curve only, where that is so."""
    if reason:
        return (
            f"{paper_figure(10, group)} {galaxies} random test galaxies, one density each, seed {seed}: {reason} "
            "Dashed: spectroscopic redshift."
        )
    return (
        f"{paper_figure(10, group)} {galaxies} random test galaxies, the same for every group, seed {seed}. Thin: "
        f"{count} densities of each under random flips, quarter turns and backgrounds; thick: their mean; dashed: "
        "spectroscopic redshift. The closer the thin lines, the less the network minds what carries no redshift."
    )


def losses(terms: list[str], seeds: int) -> str:
    """Caption of the losses."""
    lines = " Bold: the first seed, thin: the others." if seeds > 1 else ""
    parts = (
        "The upper row shows the total and each constraint raw, the lower row the cross-entropy and each constraint "
        "weighted, as it enters the total."
        if terms
        else "This group has no constraint: the total is the cross-entropy."
    )
    return f"Loss by term against epoch on training and validation galaxies. {parts}{lines}"


def comparison(against: str | None, beyond: list[str], seeds: int) -> str:
    """Caption of the figure of all groups."""
    first = "All groups: metrics with their 95 % intervals over test galaxies"
    first += f" (means of {seeds} seeds)." if seeds > 1 else "."
    band = " Grey: where 95 % of calibrated densities of as many galaxies have their PIT KS."
    second = (
        f" Below: differences from {against}, paired galaxy by galaxy; negative is better; of the bias it is its "
        "distance from 0 that is compared. A PIT KS that does not differ (p > 0.05) is hollow."
    )
    third = f" {', '.join(beyond)} may lie beyond the axes; the value is then written at the edge."
    return first + band + (second if against else "") + (third if beyond else "")


def stack(seed: int) -> str:
    """Caption of n(z)."""
    return (
        f"The mean of all densities of each group, seed {seed}, over the distribution of spectroscopic redshifts "
        "(grey) of the test galaxies. Calibrated densities stack to the true distribution; that they do is no proof of "
        "calibration, since one density for all galaxies does so too."
    )
