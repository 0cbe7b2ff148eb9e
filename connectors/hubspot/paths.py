"""Every HubSpot operation that we use, with its path in each version of the API.

HubSpot's paths are dated now, ``/crm/objects/2026-09/companies``, and a dated version is
supported for about 18 months; the numbered ones, ``/crm/v3/objects/companies``, are all that
hubspot-api-client 12 knows (developers.hubspot.com/changelog, "Legacy APIs and legacy apps").
Bodies and answers are the same.

The default is 2026-03 and not 2026-09: from 2026-09 on, a property that the customer's
administrator made required is enforced on writes by API too, so that a company that lacks one
refuses its health score with 400 VALIDATION_ERROR (changelog, "CRM API write validation
enforcement"). 2026-03 has the same paths without that rule.
"""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Api: TypeAlias = Literal["2026-03", "2026-09", "v3"]
DEFAULT_API: Api = "2026-03"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        method: HTTP method.
        numbered: Path under the numbered versions, as the generated classes build it.
        dated: Path under a dated version, ``{api}`` standing for the date.
        repeatable: Whether sending it twice does no harm: reads, writes of absolute values,
            and the token, see ``exchange.Exchanged``.
    """

    method: str
    numbered: str
    dated: str
    repeatable: bool = True

    def path(self, api: Api) -> str:
        """Return the path template under a version; object types stay to be filled in."""
        return self.numbered if api == "v3" else self.dated.replace("{api}", api)


def _operation(line: str) -> tuple[str, Operation]:
    name, method, numbered, dated, *once = line.split()
    return name, Operation(method, numbered, dated, repeatable=not once)


# One line each: name, method, numbered path, dated path, and "once" where a repeat is no repeat.
OPERATIONS: dict[str, Operation] = dict(
    map(
        _operation,
        """
list              GET   /crm/v3/objects/{type}               /crm/objects/{api}/{type}
search            POST  /crm/v3/objects/{type}/search        /crm/objects/{api}/{type}/search
batch_read        POST  /crm/v3/objects/{type}/batch/read    /crm/objects/{api}/{type}/batch/read
batch_update      POST  /crm/v3/objects/{type}/batch/update  /crm/objects/{api}/{type}/batch/update
associations      POST  /crm/v4/associations/{type}/{to}/batch/read  /crm/associations/{api}/{type}/{to}/batch/read
properties        GET   /crm/v3/properties/{type}            /crm/properties/{api}/{type}
create_property   POST  /crm/v3/properties/{type}            /crm/properties/{api}/{type} once
update_property   PATCH /crm/v3/properties/{type}/{name}     /crm/properties/{api}/{type}/{name}
create_group      POST  /crm/v3/properties/{type}/groups     /crm/properties/{api}/{type}/groups once
schemas           GET   /crm-object-schemas/v3/schemas       /crm-object-schemas/{api}/schemas
token             POST  /oauth/v1/token                      /oauth/{api}/token
account           GET   /account-info/v3/details             /account-info/{api}/details
""".strip().splitlines(),  # noqa: E501 - a table reads by its columns
    )
)

_PLACE = re.compile(r"\{(\w+)\}")
_PATTERNS = [
    (name, operation, re.compile(_PLACE.sub(r"(?P<\1>[^/]+)", operation.numbered)))
    for name, operation in OPERATIONS.items()
]


def find(method: str, path: str) -> tuple[str, Operation, dict[str, str]]:
    """Return the operation that a generated class means by a numbered path.

    Returns:
        Name, operation, and what stood in the path's places, still percent-encoded.

    Raises:
        ValueError: a path that is not in the table.
    """
    for name, operation, pattern in _PATTERNS:
        match = pattern.fullmatch(path) if operation.method == method else None
        if match is not None:
            return name, operation, match.groupdict()
    raise ValueError(f"{method} {path} is not in the table of operations")
