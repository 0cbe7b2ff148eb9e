"""simple-salesforce over our Session.

Used of it: queries, REST and Tooling calls. Not used: its log-in and token renewal (it knows
no refresh tokens, recurses without end, and drops headers), ``SFType`` (https only), and
``bulk2`` (freezes the token, decodes as Latin-1, aborts jobs on a blip).
"""

from collections.abc import Mapping
from typing import Any

from simple_salesforce.api import Salesforce

from connectors.errors import RequestError, SetupError
from connectors.http import Http

from .settings import Settings


class Client:
    """One organisation's API at one version.

    Attributes:
        http: The Session, for what simple-salesforce does not do well.
        data: Path of the REST API, without slashes at its ends.
    """

    def __init__(self, http: Http, settings: Settings) -> None:
        self.http = http
        self.data = f"services/data/v{settings.version}"
        # The Session sets the real token; simple-salesforce wants some text here.
        self._sf = Salesforce(
            instance_url=settings.base_url,
            session_id="set-by-session",
            version=settings.version,
            session=http,
            object_pairs_hook=None,
        )
        self._sf.base_url = f"{settings.base_url}/{self.data}/"  # it would insist on https
        self._sf.tooling_url = f"{self._sf.base_url}tooling/"
        self._describes: dict[str, dict[str, Any]] = {}

    def query(self, soql: str, operation: str, *, deleted: bool = False) -> dict[str, Any]:
        """Return the first page of a query; ``deleted``: of all rows, the recycle bin's too."""
        page: dict[str, Any] = self._sf.query(soql, include_deleted=deleted, operation=operation)
        return page

    def query_more(self, url: str, operation: str, *, deleted: bool = False) -> dict[str, Any]:
        """Return the page that ``nextRecordsUrl`` names; only its last part is used."""
        locator = url.rstrip("/").rpartition("/")[2]
        page: dict[str, Any] = self._sf.query_more(
            locator, include_deleted=deleted, operation=operation
        )
        return page

    def rest(self, method: str, path: str, operation: str, **options: Any) -> Any:
        """Return the JSON of a REST call, path relative to the versioned root."""
        return self._sf.restful(path, method=method, operation=operation, **options)

    def create_field(self, body: Mapping[str, Any]) -> Any:
        """Create a custom field through the Tooling API."""
        return self._sf.toolingexecute(
            "sobjects/CustomField", "POST", dict(body), operation="create fields"
        )

    def describe(self, entity: str, *, fresh: bool = False) -> dict[str, Any]:
        """Return an object's description; what the running user cannot see is not in it.

        Raises:
            SetupError: no such object, or not visible.
        """
        if fresh or entity not in self._describes:
            try:
                found = self.rest("GET", f"sobjects/{entity}/describe", "describe")
            except RequestError as error:
                raise SetupError(
                    f"Salesforce: there is no object {entity}, or the running user cannot see "
                    f"it ({error.code}); correct the settings, or grant Read on the object"
                ) from None
            self.http.stats.count("describe", least=1)
            if not isinstance(found, dict) or not isinstance(found.get("fields"), list):
                raise SetupError(f"Salesforce: no description of {entity} came; check base_url")
            self._describes[entity] = found
        return self._describes[entity]

    def user_id(self) -> str:
        """Return the running user's id."""
        found = self.http.json("GET", "services/oauth2/userinfo", operation="create fields")
        return str(found["user_id"])
