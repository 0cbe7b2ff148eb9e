"""Read score fields back from the stand-ins over plain HTTP, with no connector in between."""

import json
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .server import Simulator

PREFIX = "pulsefield_"


@dataclass(frozen=True, slots=True)
class Held:
    """Score fields that one record holds.

    Attributes:
        system: The stand-in.
        ref: Its id of the record.
        values: Field -> value as text.
    """

    system: str
    ref: str
    values: Mapping[str, str]


def read_back(simulator: Simulator, system: str, ref: str) -> Held:
    """Ask a stand-in for one record, and return its score fields.

    Raises:
        urllib.error.HTTPError: it refuses.
    """
    fields = _READERS[system](simulator, urllib.parse.quote(ref))
    own = {
        name: str(value)
        for name, value in fields.items()
        if name.lower().startswith(PREFIX) and value is not None
    }
    return Held(system, ref, own)


def _salesforce(simulator: Simulator, ref: str) -> Mapping[str, Any]:
    known = simulator.credentials["salesforce"]
    form = {"grant_type": "client_credentials"} | {
        name: known[name] for name in ("client_id", "client_secret")
    }
    url = simulator.urls["salesforce"]
    answer = _json(f"{url}/services/oauth2/token", data=urllib.parse.urlencode(form).encode())
    record: Mapping[str, Any] = _json(
        f"{url}/services/data/v67.0/sobjects/Account/{ref}", answer["access_token"]
    )
    return record


def _hubspot(simulator: Simulator, ref: str) -> Mapping[str, Any]:
    url, token = simulator.urls["hubspot"], simulator.credentials["hubspot"]["token"]
    listed = _json(f"{url}/crm/properties/2026-03/companies", token)["results"]
    names = [entry["name"] for entry in listed if entry["name"].startswith(PREFIX)]
    query = urllib.parse.urlencode({"properties": ",".join(names)})
    record = _json(f"{url}/crm/objects/2026-03/companies/{ref}?{query}", token)
    properties: Mapping[str, Any] = record["properties"]
    return properties


def _zendesk(simulator: Simulator, ref: str) -> Mapping[str, Any]:
    token = simulator.credentials["zendesk"]["token"]
    answer = _json(f"{simulator.urls['zendesk']}/api/v2/organizations/{ref}", token)
    fields: Mapping[str, Any] = answer["organization"]["organization_fields"]
    return fields


_READERS = {"salesforce": _salesforce, "hubspot": _hubspot, "zendesk": _zendesk}


def _json(url: str, token: str | None = None, data: bytes | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(url, data, headers)  # noqa: S310 - the simulator's own URL
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - likewise
        return json.load(answer)
