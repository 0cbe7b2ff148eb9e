"""The models behind ``pulsefield.toml``; ``config`` reads the file into them."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from scoring.language import languages

from .override_fields import OverrideFields
from .retention import Retention
from .service.settings import Alerts, Logs, Metrics, Schedule
from .strict import Settings

Share: TypeAlias = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Positive: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _language(code: str) -> str:
    if code not in languages():
        raise ValueError(f"there is no such language; use one of {', '.join(languages())}")
    return code


def _own_language(code: str) -> str:
    return code and _language(code)


class General(Settings):
    """``[pulsefield]``.

    Attributes:
        data: Folder, or object store URL, of the tables at rest.
        journal: URL of SQLite or PostgreSQL, or ``env:NAME`` or ``file:PATH`` that holds one;
            empty: a SQLite file in ``data``.
        journal_days: Runs, plans and writes older than this are deleted from the journal, and
            can no longer be rolled back; 0: never.
        model: Name of a shipped model, or a path that ends in ``.toml``.
        language: Of field labels, reasons and sentences; a file of ``scoring/languages``.
        change_days: ``health_change`` is against the score this many days ago.
        report_owners: Whether reports and exports name account owners, who are persons.
    """

    data: str = "pulsefield-data"
    journal: str = ""
    journal_days: int = Field(default=400, ge=0)
    model: str = "default"
    language: Annotated[str, AfterValidator(_language)] = "en"
    change_days: int = Field(default=30, ge=1, le=366)
    report_owners: bool = False


def _plain(value: object) -> object:
    """A plain string is the name alone; false switches the field off."""
    if isinstance(value, str):
        return {"name": value}
    return {"write": False} if value is False else value


class FieldChoice(Settings):
    """``[connections.NAME.fields]``: one target field.

    Attributes:
        name: The vendor's API name; empty: the default one.
        value: ``SCORE.PART`` for a field of your own, e.g. ``adoption.coverage``.
        label: What people see; empty: the default one.
        decimals: Digits after the point of a number.
        no_score: What happens where there is no value: ``clear`` the field or ``keep`` it.
        by_hand: What happens to a value that someone edited: ``overwrite`` or ``keep``.
        language: Of reasons and of labels, where it is not the deployment's.
        renew_days: Of ``scored_at``: where nothing else changes it is written again within this
            many days, each record on a day of its own; 0: only beside other values.
        write: False switches the field off.
    """

    name: str = ""
    value: str = ""
    label: str = ""
    decimals: int = Field(default=1, ge=0, le=6)
    no_score: Literal["clear", "keep"] = "clear"
    by_hand: Literal["overwrite", "keep"] = "overwrite"
    language: Annotated[str, AfterValidator(_own_language)] = ""
    renew_days: int = Field(default=7, ge=0, le=366)
    write: bool = True


class Limits(Settings):
    """``[limits]``, and ``[connections.NAME.limits]``: what makes a plan unsafe.

    Shares are of the accounts that hold a value now; a first fill is never unsafe.

    Attributes:
        replaced: Share whose value is replaced by one that differs by ``step`` or more.
        step: Points by which a number must move to count as replaced.
        cleared: Share whose value is cleared.
        bands: Share that changes band.
        mean_move: Points by which the mean health may move.
        fewer: Share of the last run's accounts that may be missing.
        coverage: Points (0..100) by which the mean coverage may fall.
        at_least: With fewer values held than this, shares say nothing and are not checked.
    """

    replaced: Share = 0.5
    step: Positive = 5.0
    cleared: Share = 0.1
    bands: Share = 0.3
    mean_move: Positive = 10.0
    fewer: Share = 0.2
    coverage: Positive = 20.0
    at_least: int = Field(default=10, ge=1)


class Match(Settings):
    """``[match]``.

    Attributes:
        pins: CSV file with columns ``account,connection,id``: records with the same account
            label are one customer, whatever else they say.
        free_mail: More domains that say nothing about a customer.
        domains: Whether domains are used.
        names: Whether names are used.
        propose: Whether the review list also proposes pairs with similar names.
    """

    pins: str = ""
    free_mail: tuple[str, ...] = ()
    domains: bool = True
    names: bool = True
    propose: bool = True


class Connection(Settings):
    """``[connections.NAME]``, without what belongs to its kind.

    Attributes:
        kind: A connector of ``connectors.registry``.
        read: Whether records are read from it.
        write: Whether score fields are written to it.
        prefix: Of the default field names; empty: ``pulsefield_``.
        fields: Target field key -> its settings.
        limits: Limits that differ from ``[limits]``.
        overrides: Score -> the fields in which people set one of their own.
        settings: The connector's own settings, a model of its module.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    kind: str
    read: bool = True
    write: bool = True
    prefix: str = Field(default="", pattern=r"^([A-Za-z][A-Za-z0-9_]*)?$")
    fields: dict[str, Annotated[FieldChoice, BeforeValidator(_plain)]] = Field(default_factory=dict)
    limits: Limits | None = None
    overrides: dict[str, OverrideFields] = Field(default_factory=dict)
    settings: Any = None


class Root(Settings):
    """The whole file, connections still without their own settings."""

    pulsefield: General = General()
    rates: dict[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], Positive] = Field(
        default_factory=dict
    )
    match: Match = Match()
    limits: Limits = Limits()
    store: Retention = Retention()
    schedule: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")], Schedule] = Field(
        default_factory=dict
    )
    alerts: Alerts = Alerts()
    metrics: Metrics = Metrics()
    logs: Logs = Logs()
    connections: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")], Connection]
