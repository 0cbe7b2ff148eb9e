"""Everything that would keep a HubSpot connection from working, found at once."""

from collections.abc import Iterator, Mapping, Sequence

from connectors.base import Context, Problem
from connectors.endings import ending_problems
from connectors.errors import ConnectorError, SetupError

from .client import Body, Client
from .plan import Plan
from .properties import COMPANIES
from .settings import Settings


def problems(
    name: str,
    client: Client,
    settings: Settings,
    plans: Mapping[str, Plan],
    context: Context,
) -> Sequence[Problem]:
    """Return the problems of a connection; raises for none of them."""
    checker = _Checker(name, client, settings, context)
    found = list(checker.account())
    if any(problem.fatal for problem in found):
        return found  # nothing else can be asked
    for plan in plans.values():
        found += checker.stream(plan)
    found += checker.writing()
    found += checker.quota()
    used = ("hubspot-v3", "hubspot-v4") if settings.api == "v3" else ()
    found += ending_problems(used, f"{name} api", context.now)
    return found


_NEARLY = 0.9  # share of the daily quota


class _Checker:
    def __init__(self, name: str, client: Client, settings: Settings, context: Context) -> None:
        self._name = name
        self._client = client
        self._settings = settings
        self._context = context
        self._definitions: dict[str, list[Body]] = {}

    def account(self) -> Iterator[Problem]:
        """Check the credentials, and compare the time zone."""
        try:
            zone = str(self._client.account().get("timeZone") or "")
        except ConnectorError as error:
            yield Problem(self._name, str(error), "see the setting auth, and base_url")
            return
        set_ = self._settings.time_zone
        if zone and set_ != zone:
            yield Problem(
                f"{self._name} time_zone",
                f"the account's day, and with it its quota, ends at midnight in {zone}",
                f'set time_zone = "{zone}"',
                fatal=False,
            )

    def stream(self, plan: Plan) -> Iterator[Problem]:
        """Check that an object type can be read, and that mapped properties are there."""
        where = f"{self._name} {plan.name}"
        try:
            there = {str(one.get("name")) for one in self._read(plan.name)}
            self._client.page(plan.name, names=("hs_object_id",), after=None, links=plan.links)
            plan.verified(there)
        except SetupError as error:
            yield Problem(where, str(error), f"or leave {plan.name} out of streams")
            return
        except ConnectorError as error:
            yield Problem(where, str(error), "try again later", fatal=False)
            return
        absent = [name for name in plan.map.fields if name not in there]
        if absent:
            yield Problem(
                where,
                f"has no {', '.join(absent)}; the columns that it would fill stay empty",
                f"map other properties under map.{plan.spec.table}, if you have the values",
                fatal=False,
            )

    def _read(self, kind: str) -> list[Body]:
        if kind not in self._definitions:
            self._definitions[kind] = self._client.definitions(kind)
        return self._definitions[kind]

    def writing(self) -> Iterator[Problem]:
        """Check the scope that writing our own fields needs."""
        if not self._context.own_fields:
            return
        try:
            self._client.update(COMPANIES, [])
        except SetupError as error:
            yield Problem(f"{self._name} writing", str(error), "needed to write scores")
        except ConnectorError:
            pass  # an empty batch is refused for being empty, after the scopes  # unconfirmed

    def quota(self) -> Iterator[Problem]:
        """Warn when the day's quota is nearly used."""
        used = self._client.http.stats.quota_used
        if used is not None and used >= _NEARLY:
            yield Problem(
                f"{self._name} quota",
                f"{used:.0%} of the account's daily requests are used",
                "run after midnight in the account's time zone, or lower the others' use",
                fatal=False,
            )
