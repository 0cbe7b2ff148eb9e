"""The questions of ``init``, and what its flags answer."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import typer

from scoring.language import languages
from sync.starter import Answers

SUFFIX = ".my.salesforce.com"
ZENDESK = ".zendesk.com"


def someone_there() -> bool:
    """Whether questions can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def ask(given: Answers) -> Answers:
    """Ask which systems to connect and how; every question has a flag that answers it."""
    url = my_domain(_text("Salesforce My Domain, such as acme (empty: none)"))
    client = _text("  Consumer key of its External Client App (empty: a token)") if url else ""
    hubspot = typer.confirm("Connect HubSpot?", default=True)
    subdomain = support(_text("Zendesk subdomain, such as acme (empty: none)"))
    identifier = _text("  Identifier of its OAuth client (empty: a token)") if subdomain else ""
    tables = _text("Folder with CSV or Parquet files (empty: none)")
    secrets = given.secrets or _text("Folder with secret files (empty: environment variables)")
    language = _text(f"Language of labels and reasons ({', '.join(languages())})", given.language)
    return replace(
        given,
        salesforce=url,
        salesforce_client=client,
        hubspot=hubspot,
        zendesk=subdomain,
        zendesk_client=identifier,
        tables=tables,
        secrets=secrets,
        language=language,
    )


def ask_rates(currencies: Sequence[str], given: Answers) -> Answers:
    """Ask what one unit of each currency is worth in the commonest one."""
    base, *others = currencies
    rates = {base: 1.0, **given.rates}
    for code in others:
        if code not in rates:
            rates[code] = typer.prompt(f"1 {code} in {base}", type=float)
    return replace(given, rates=rates)


def rates(pairs: Sequence[str]) -> dict[str, float]:
    """Return the rates of ``USD=0.86`` flags.

    Raises:
        typer.BadParameter: one is no currency and number.
    """
    found = {}
    for pair in pairs:
        code, _, number = pair.partition("=")
        try:
            found[code.strip().upper()] = float(number)
        except ValueError:
            raise typer.BadParameter(
                f"{pair!r} is no rate; write USD=0.86", param_hint="--rate"
            ) from None
    return found


def folder(secrets: str, file: Path) -> str:
    """Return a folder as a file's secrets refer to it: from the file's own folder."""
    if not secrets:
        return ""
    whole = Path(secrets).expanduser().absolute()
    home = file.expanduser().absolute().parent
    return str(whole.relative_to(home)) if whole.is_relative_to(home) else str(whole)


def my_domain(text: str) -> str:
    """Return the URL of ``acme``, ``acme.my.salesforce.com`` or the URL itself."""
    if not text or "://" in text:
        return text.rstrip("/")
    return f"https://{text if '.' in text else text + SUFFIX}"


def support(text: str) -> str:
    """Return the subdomain of ``acme.zendesk.com`` or its URL; any other URL as it is."""
    host = urlsplit(text).hostname if "://" in text else text
    return host.removesuffix(ZENDESK) if host and host.endswith(ZENDESK) else text.rstrip("/")


def _text(question: str, default: str = "") -> str:
    return str(typer.prompt(question, default=default, show_default=bool(default))).strip()
