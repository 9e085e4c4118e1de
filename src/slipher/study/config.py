"""What a study is: its galaxies, its grid, and the groups that are compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any
from unicodedata import normalize

from slipher.errors import InputError
from slipher.files import ABSENT, unreadable
from slipher.networks.config import NetworkConfig
from slipher.options import check_seed
from slipher.redshift import Grid
from slipher.study.document import from_document, read_yaml, set_key, to_document
from slipher.survey.catalogs.mapping import CatalogueColumns
from slipher.training.config import Operation, TrainingConfig

__all__ = [
    "Catalogue",
    "GroupConfig",
    "Simulate",
    "StudyConfig",
    "check_name",
    "preset_names",
    "preset_text",
    "read_config",
]

SHIPPED = "kcorrect"
"""The catalogue that comes with a package."""

MOST_SEEDS = 10_000
LONGEST_FILE = 4_000_000
"""Bytes of a study file: four for each character that it may have."""
LONGEST_NAME = 200
"""Bytes in a group's name."""
_WORDS_OF_FILES = ("study.yaml", "environment", "timings", "table", "comparisons", "survey", "figures", "report")


@dataclass(frozen=True)
class Simulate:
    """A mock survey, made where the study runs."""

    simulate: int = 6000
    """Galaxies: two thirds train, a twelfth validates, a quarter tests."""
    seed: int = 0
    """The survey depends on this and nothing else."""


@dataclass(frozen=True)
class Catalogue:
    """A catalogue of measured photometry and redshifts, without images."""

    catalogue: str = SHIPPED
    """kcorrect's 10,000 real SDSS galaxies, or a file (csv, FITS, VOTable, Parquet, npz, HDF5)."""
    columns: CatalogueColumns | None = None
    """Which columns of the file mean what; kcorrect's are known."""

    def __post_init__(self) -> None:
        if self.catalogue != SHIPPED and self.columns is None:
            raise InputError(
                f"catalogue is {self.catalogue!r}, but must be {SHIPPED}, or a file and its columns: "
                "{catalogue: FILE, columns: {flux: ..., flux_error: ..., redshift: ...}}."
            )
        if self.catalogue == SHIPPED and self.columns is not None:
            raise InputError(f"columns belong to a file, but catalogue is {SHIPPED}, whose columns are known.")


@dataclass(frozen=True)
class GroupConfig:
    """One row of the table: how it differs from the study's defaults."""

    method: str = "neural"
    """A name of slipher.methods."""
    augment: tuple[Operation, ...] = ()
    """What the images of the data term go through (training/config.py says what each is)."""
    constraints: dict[str, float | dict[str, Any]] = field(default_factory=dict)
    """Name, or file.py:Class, to a weight or {weight, options}."""
    network: dict[str, Any] = field(default_factory=dict)
    """Keys of the study's network that differ here."""
    training: dict[str, Any] = field(default_factory=dict)
    """Keys of the study's training that differ here."""
    options: dict[str, Any] = field(default_factory=dict)
    """Options of the method."""
    seeds: int | tuple[int, ...] | None = None
    """How many, or which, if others than the study's: what is cheap may be repeated more often."""

    def __post_init__(self) -> None:
        if self.seeds is not None:
            object.__setattr__(self, "seeds", _seeds(self.seeds))
        if len(set(self.augment)) < len(self.augment):
            raise InputError(f"augment names an operation twice: {list(self.augment)}.")
        for name, term in self.constraints.items():
            if isinstance(term, dict) and "weight" not in term:
                raise InputError(f"constraints.{name} lacks its weight: give a number or {{weight: 0.1, ...}}.")


def _quickstart_groups() -> dict[str, GroupConfig]:
    """The paper's three groups and the two references every table needs."""
    return {
        "baseline": GroupConfig(),
        "augmented": GroupConfig(augment=("symmetry", "background")),
        "constrained": GroupConfig(
            constraints={"flux": 0.1, "invariance": 0.1, "cde": {"weight": 0.1, "form": "brier"}}
        ),
        "local-linear": GroupConfig(method="local-linear"),
        "trainz": GroupConfig(method="trainz"),
    }


@dataclass(frozen=True)
class StudyConfig:
    """A study file; a key left out takes the quickstart's value."""

    data: Simulate | Catalogue | str = field(default_factory=Simulate)
    """A galaxy store, or {simulate: N, seed: 0}, or {catalogue: kcorrect}, or {catalogue: FILE, columns: {...}}."""
    grid: Grid = field(default_factory=Grid)
    """The redshift grid every density lives on."""
    seeds: int | tuple[int, ...] = 1
    """How many (3 means 0, 1, 2), or which."""
    drop_outside: bool = False
    """Drop and count labelled galaxies outside the grid, which are an error otherwise."""
    network: NetworkConfig = field(default_factory=NetworkConfig)
    """The network of every group that says nothing else."""
    training: TrainingConfig = field(default_factory=TrainingConfig)
    """The training of every group that says nothing else."""
    groups: dict[str, GroupConfig] = field(default_factory=_quickstart_groups)
    """The rows of the table, in order."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "seeds", _seeds(self.seeds))
        if not self.groups:
            raise InputError("groups is empty; a study needs at least one, such as baseline: {}.")
        for name in self.groups:
            check_name(name)
        _check_apart(tuple(self.groups))

    @property
    def seed_list(self) -> tuple[int, ...]:
        """The study's seeds, one by one."""
        return _seeds(self.seeds)

    def seeds_of(self, group: str) -> tuple[int, ...]:
        """A group's seeds: the study's, unless it has its own."""
        own = self.groups[group].seeds
        return self.seed_list if own is None else _seeds(own)

    def network_of(self, group: str) -> NetworkConfig:
        """A group's network: the study's, but for what the group says.

        Raises:
            InputError: for an unknown key or value.
        """
        document = to_document(self.network) | self.groups[group].network
        return from_document(NetworkConfig, document, "study", f"groups.{group}.network")

    def training_of(self, group: str) -> TrainingConfig:
        """A group's training: the study's, but for what the group says.

        Raises:
            InputError: for an unknown key or value.
        """
        document = to_document(self.training) | self.groups[group].training
        return from_document(TrainingConfig, document, "study", f"groups.{group}.training")


def _seeds(given: int | tuple[int, ...]) -> tuple[int, ...]:
    """The seeds, one by one, of how many or which.

    Raises:
        InputError: if there is none, one is negative, or one stands twice.
    """
    if (given if isinstance(given, int) else len(given)) > MOST_SEEDS:
        raise InputError(f"seeds asks for more than {MOST_SEEDS:,}; name fewer.")
    seeds = tuple(range(given)) if isinstance(given, int) else tuple(given)
    if not seeds or min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise InputError(f"seeds is {list(seeds)}, but must be a positive number or a list of different seeds.")
    check_seed(max(seeds), "one of the seeds")
    return seeds


def check_name(name: str) -> None:
    """See that a group's name can become a folder beside the study's own files.

    Raises:
        InputError: if it cannot.
    """
    if (
        not name
        or name.casefold().startswith(_WORDS_OF_FILES)
        or not all(c.isalnum() or c in "-_+." for c in name)
        or name[0] == "."
        or len(name.encode()) > LONGEST_NAME
    ):
        raise InputError(
            f"groups.{name[:40]}: a group's name becomes a folder, so it takes letters, digits, - _ + and . "
            f"only, at most {LONGEST_NAME} bytes of them, and does not begin as one of the study's own files does."
        )


def _check_apart(names: tuple[str, ...]) -> None:
    """No two groups share a folder, be it on a system that takes upper and lower case for the same."""
    folders: dict[str, str] = {}
    for name in names:
        other = folders.setdefault(normalize("NFKC", name).casefold(), name)
        if other != name:
            raise InputError(
                f"groups.{other} and groups.{name} differ in case alone, and would share a folder where file names "
                "ignore it; rename one."
            )


def preset_names() -> list[str]:
    """The studies that come with slipher."""
    order = ["quickstart", "paper", "as-printed", "catalogue"]
    found = sorted(p.name.removesuffix(".yaml") for p in files("slipher.study").joinpath("presets").iterdir())
    return [name for name in order if name in found] + [name for name in found if name not in order]


def preset_text(name: str) -> str:
    """A preset's YAML, comments and all."""
    return files("slipher.study").joinpath("presets", f"{name}.yaml").read_text(encoding="utf-8")


def read_config(source: str | Path = "quickstart", overrides: Iterable[tuple[str, Any]] = ()) -> StudyConfig:
    """A study read from a preset or a study file, with keys replaced.

    Args:
        source: a preset's name, or a YAML file; paths in it are relative to its folder.
        overrides: dotted keys and their values, such as ("training.epochs", 5); paths are relative to where one is.

    Raises:
        InputError: for an unknown preset, key or value; names it and what is allowed.
    """
    text, where, folder = _source(source)
    document = read_yaml(text, where)
    if not document:
        raise InputError(f"{where} says nothing; write what differs from the preset quickstart, or name that preset.")
    config = from_document(StudyConfig, document, where)
    config = _absolute(config, folder)
    overrides = list(overrides)
    if overrides:
        config = _override(config, overrides)
    for group in config.groups:
        _check_group(config, group, where)
    return config


def _override(config: StudyConfig, overrides: list[tuple[str, Any]]) -> StudyConfig:
    document = to_document(config)
    for key, value in overrides:
        document = set_key(document, key, value)
    return _absolute(from_document(StudyConfig, document, "command line"), Path.cwd())


def _check_group(config: StudyConfig, group: str, where: str) -> None:
    """A group's overrides are read now, so that an error comes before any work."""
    try:
        config.network_of(group)
        config.training_of(group)
    except InputError as error:
        raise InputError(str(error).replace("study:", f"{where}:", 1)) from error


def _source(source: str | Path) -> tuple[str, str, Path]:
    """The YAML text, the name errors use, and the folder paths are relative to."""
    if str(source) in preset_names():
        return preset_text(str(source)), f"preset {source}", Path.cwd()
    path = Path(source)
    why = unreadable(path)
    if why == ABSENT:
        raise InputError(f"{source} is neither a study file nor a preset; the presets are {', '.join(preset_names())}.")
    if why is None and path.stat().st_size > LONGEST_FILE:
        why = f"is no study file: it has {path.stat().st_size:,} bytes"
    if why:
        raise InputError(f"{source} {why}; give a YAML study file.")
    try:
        return path.read_text(encoding="utf-8"), str(source), path.resolve().parent
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{source} cannot be read as text: {error}; give a YAML study file.") from error


def _absolute(config: StudyConfig, folder: Path) -> StudyConfig:
    """A study with every path in it made absolute, so that its file can lie elsewhere."""
    start = config.training.start
    return replace(
        config,
        data=_absolute_data(config.data, folder),
        training=replace(config.training, start=start and str((folder / start).resolve())),
        groups=_absolute_groups(config.groups, folder),
    )


def _absolute_data(data: Simulate | Catalogue | str, folder: Path) -> Simulate | Catalogue | str:
    match data:
        case str(path):
            return str((folder / path).resolve())
        case Catalogue(file, CatalogueColumns() as columns):
            maps, test = (each and (folder / each).resolve() for each in (columns.maps, columns.test))
            return Catalogue(str((folder / file).resolve()), replace(columns, maps=maps, test=test))
        case _:
            return data


def _absolute_groups(groups: Mapping[str, GroupConfig], folder: Path) -> dict[str, GroupConfig]:
    """Constraints of a user's own file, and models to start from or to build on, named to be found from anywhere."""

    def absolute(name: str) -> str:
        file, colon, cls = name.rpartition(":")
        return f"{(folder / file).resolve()}:{cls}" if colon else name

    def found(given: dict[str, Any], key: str) -> dict[str, Any]:
        file = given.get(key)
        # flexcode works "on: photometry" or on a model's file
        is_file = isinstance(file, str) and file != "photometry"
        return given | {key: str((folder / str(file)).resolve())} if is_file else given

    return {
        group: replace(
            settings,
            constraints={absolute(name): term for name, term in settings.constraints.items()},
            training=found(settings.training, "start"),
            options=found(settings.options, "on"),
        )
        for group, settings in groups.items()
    }
