"""A study with nothing left to be guessed: every option of every constraint written out, every name known."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from slipher.constraints.config import constraint_class, constraint_options, from_config
from slipher.errors import InputError
from slipher.methods.base import NETWORKS, module
from slipher.study.config import GroupConfig, StudyConfig

__all__ = ["normalised"]


def normalised(config: StudyConfig) -> StudyConfig:
    """The study with the defaults of its constraints written out.

    Raises:
        InputError: for an unknown method or constraint, or an option that is not allowed; names the group.
    """
    return replace(config, groups={name: _group(name, group) for name, group in config.groups.items()})


def _group(name: str, group: GroupConfig) -> GroupConfig:
    try:
        module(group.method)
        _check_network(group)
        from_config(group.constraints)
        return replace(group, constraints={key: _term(key, term) for key, term in group.constraints.items()})
    except InputError as error:
        raise InputError(f"groups.{name}: {error}") from error


def _check_network(group: GroupConfig) -> None:
    """See that a method that trains no network is told nothing about one.

    Raises:
        InputError: names the first key that it would pass over.
    """
    told = [key for key in ("augment", "constraints", "network", "training") if getattr(group, key)]
    if told and group.method not in NETWORKS:
        raise InputError(
            f"method {group.method} trains no network, so that {told[0]} would change nothing; take it out, or take "
            f"one of the methods {', '.join(sorted(NETWORKS))}."
        )


def _term(name: str, term: float | dict[str, Any]) -> dict[str, Any]:
    """Weight and options of one constraint, those not given with their defaults."""
    given = term if isinstance(term, dict) else {"weight": term}
    return {"weight": float(given["weight"])} | constraint_options(constraint_class(name, Path())) | given
