"""The text of a first ``pulsefield.toml``: commented, and valid as it stands."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from connectors.errors import SetupError
from scoring.language import languages

from . import proposal, sheets
from .looking import Found
from .secrets import resolve

HEAD = """\
# Pulsefield's configuration. `pulsefield check` finds what is wrong or missing in it.
# A secret never stands here: env:NAME is an environment variable, file:PATH a file.

[pulsefield]
data = "pulsefield-data"   # folder (or object store URL) of the tables and the score history
model = {model}          # a shipped model (default, support, small_book, trials) or a path
language = {language}            # of field labels and reasons: {codes}

{rates}
[limits]                   # a plan beyond these is not applied (exit code 3)
replaced = 0.5             # share of accounts whose value moves by 5 points or more
cleared = 0.1              # share of accounts whose value is cleared
bands = 0.3                # share of accounts that change band
mean_move = 10             # points by which the mean health may move

# [match]
# pins = "pins.csv"        # account,connection,id: these records are one customer
"""

RATES = """\
# [rates]                  # value of one unit in the model's currency, where money is mixed
# USD = 0.86
"""

SALESFORCE = """
[connections.salesforce]
kind = "salesforce"
base_url = {url}   # My Domain

[connections.salesforce.auth]
{auth}
"""
HUBSPOT = """
[connections.hubspot]
kind = "hubspot"
{url}
[connections.hubspot.auth]
kind = "token"                      # a service key
token = {token}
"""
ZENDESK = """
[connections.zendesk]
kind = "zendesk"
{place}

[connections.zendesk.auth]
{auth}
"""
CLIENT = """\
kind = "client_credentials"         # {of}
client_id = {client}{remark}
client_secret = {secret}"""
BEARER = """\
kind = "{kind}"
token = {token}"""

HINTS = {
    "salesforce": """
# Which of your own fields hold what; the standard ones are known.
# [connections.salesforce.map.accounts]
# seats = "Seats__c"
# mrr = "MRR__c"
# renewal_at = "Renewal_Date__c"

# Usage, invoices or milestones that live in custom objects:
# [connections.salesforce.objects.Product_Usage__c]
# table = "usage"
# account = "Account__c"
# map = { day = "Day__c", feature = "Feature__c", user_ref = "User__c", count = "Count__c" }
""",
    "hubspot": """
# [connections.hubspot.map.accounts]
# seats = "licences"
""",
    "zendesk": "",
}

TABLES = """
[connections.files]
kind = "tables"
folder = {folder}

[connections.files.objects.accounts]
table = "accounts"
file = "accounts.csv"
id = "id"
account = "id"
map = {{ name = "name", domains = "website", external_id = "external_id" }}

[connections.files.objects.usage]
table = "usage"
file = "usage*.csv"
id = ["account", "day", "feature", "user"]
account = "account"
map = {{ day = "day", feature = "feature", user_ref = "user", count = "count" }}
"""


@dataclass(frozen=True, slots=True)
class Answers:
    """What ``init`` was told.

    Attributes:
        salesforce: My Domain; empty: not connected.
        salesforce_client: Consumer key; empty: an access token is used where there is one.
        hubspot: Whether it is connected.
        hubspot_url: Of a proxy or a stand-in; empty: HubSpot's own.
        zendesk: Subdomain, or the URL of a proxy or a stand-in; empty: not connected.
        zendesk_client: Identifier of the OAuth client; empty: as for Salesforce.
        tables: Folder of files; empty: none.
        secrets: Folder of secret files as a mapping refers to it; empty: the environment.
        language: Of labels and reasons.
        model: A shipped model, or a path.
        rates: Currency -> value of one unit in the currency that scores count in.
    """

    salesforce: str = ""
    salesforce_client: str = ""
    hubspot: bool = False
    hubspot_url: str = ""
    zendesk: str = ""
    zendesk_client: str = ""
    tables: str = ""
    secrets: str = ""
    language: str = "en"
    model: str = "default"
    rates: Mapping[str, float] = field(default_factory=dict)

    @property
    def nothing(self) -> bool:
        """Whether no system was named."""
        return not (self.salesforce or self.hubspot or self.zendesk or self.tables)

    def secret(self, name: str) -> str:
        """Return the reference to a secret, such as ``hubspot_token``."""
        return f"file:{self.secrets}/{name}" if self.secrets else f"env:{name.upper()}"


def text(answers: Answers, folder: Path, found: Mapping[str, Found] | None = None) -> str:
    """Return a configuration for the systems named.

    Args:
        answers: What to connect, and how.
        folder: Where the file is going to stand; secrets are looked for from there.
        found: What the connections were seen to have; None: not looked.
    """
    seen = found or {}
    parts = [
        HEAD.format(
            model=quoted(answers.model),
            language=quoted(answers.language),
            rates=_rates(answers.rates, currencies(seen)),
            codes=", ".join(languages()),
        )
    ]
    for name, head in _heads(answers, folder).items():
        parts.append(head)
        parts.append(proposal.text(name, seen[name]) if name in seen else HINTS[name])
    if answers.tables:
        seen_there = sheets.text(answers.tables, folder) if found is not None else ""
        parts.append(seen_there or TABLES.format(folder=quoted(answers.tables)))
    return "".join(parts)


def currencies(found: Mapping[str, Found]) -> list[str]:
    """Return the currencies that were seen, the commonest first."""
    seen: Counter[str] = Counter()
    for one in found.values():
        seen.update(one.currencies)
    return [code for code, _ in sorted(seen.items(), key=lambda pair: (-pair[1], pair[0]))]


def _rates(given: Mapping[str, float], seen: Sequence[str]) -> str:
    if not given and len(seen) < 2:  # noqa: PLR2004 - one currency needs no rate
        return RATES
    base = next((code for code, rate in given.items() if rate == 1), (seen or [""])[0])
    lines = ["[rates]                    # value of one unit in " + (base or "one of them")]
    rates = {base: 1.0, **given} if base else dict(given)
    lines += [f"{code} = {rate:g}" for code, rate in rates.items()]
    lines += [
        f"# {code} =                  # seen; needs a rate" for code in seen if code not in rates
    ]
    return "\n".join(lines) + "\n"


def quoted(value: str) -> str:
    """Return a TOML string."""
    return json.dumps(value, ensure_ascii=False)


def _heads(answers: Answers, folder: Path) -> dict[str, str]:
    heads = {}
    if answers.salesforce:
        of, there = "of an External Client App", answers.salesforce_client
        auth = _auth(answers, folder, "salesforce", there or "3MVG9...", of, given=bool(there))
        heads["salesforce"] = SALESFORCE.format(url=quoted(answers.salesforce), auth=auth)
    if answers.hubspot:
        url = f"base_url = {quoted(answers.hubspot_url)}\n" if answers.hubspot_url else ""
        token = quoted(answers.secret("hubspot_token"))
        heads["hubspot"] = HUBSPOT.format(url=url, token=token)
    if answers.zendesk:
        of, there = "of a confidential OAuth client that an admin owns", answers.zendesk_client
        key = "base_url" if "://" in answers.zendesk else "subdomain"
        auth = _auth(answers, folder, "zendesk", there or "pulsefield", of, given=bool(there))
        place = f"{key} = {quoted(answers.zendesk)}"
        heads["zendesk"] = ZENDESK.format(place=place, auth=auth)
    return heads


def _auth(answers: Answers, folder: Path, system: str, client: str, of: str, *, given: bool) -> str:
    """Return how to sign in: a client where one is named or no token is there, else the token."""
    token = answers.secret(f"{system}_token")
    if not given and _there(token, folder):
        kind = "access_token" if system == "salesforce" else "token"
        return BEARER.format(kind=kind, token=quoted(token))
    remark = "" if given else "            # put yours here; no secret"
    secret = quoted(answers.secret(f"{system}_client_secret"))
    return CLIENT.format(of=of, client=quoted(client), remark=remark, secret=secret)


def _there(reference: str, folder: Path) -> bool:
    try:
        return bool(resolve(reference, folder))
    except SetupError:
        return False
