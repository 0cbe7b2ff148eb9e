"""The options of ``init``: one for each of its questions."""

from typing import Annotated, TypeAlias

import typer

MyDomain: TypeAlias = Annotated[
    str, typer.Option(metavar="URL", help="My Domain: acme, or https://acme.my.salesforce.com.")
]
SalesforceClient: TypeAlias = Annotated[
    str, typer.Option(metavar="KEY", help="Consumer key of its External Client App; no secret.")
]
HubSpot: TypeAlias = Annotated[bool, typer.Option("--hubspot", help="Connect HubSpot.")]
HubSpotUrl: TypeAlias = Annotated[
    str, typer.Option(metavar="URL", help="Of a proxy or a stand-in, instead of HubSpot's own.")
]
Zendesk: TypeAlias = Annotated[
    str, typer.Option(metavar="SUBDOMAIN", help="acme of acme.zendesk.com; or a stand-in's URL.")
]
ZendeskClient: TypeAlias = Annotated[
    str, typer.Option(metavar="ID", help="Identifier of its OAuth client; no secret.")
]
Tables: TypeAlias = Annotated[
    str, typer.Option(metavar="FOLDER", help="CSV or Parquet files here.")
]
Secrets: TypeAlias = Annotated[
    str, typer.Option(metavar="FOLDER", help="Files with the secrets, instead of variables.")
]
Language: TypeAlias = Annotated[
    str, typer.Option(metavar="CODE", help="Of field labels and reasons, such as nl.")
]
ModelName: TypeAlias = Annotated[
    str, typer.Option("--model", metavar="NAME", help="A shipped model, or a path.")
]
Rates: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="USD=0.86", help="Value of one unit, where money is mixed; repeat it."),
]
Look: TypeAlias = Annotated[
    bool, typer.Option("--look/--no-look", help="Look through the systems for fields to map.")
]
