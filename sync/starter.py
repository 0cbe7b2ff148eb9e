"""The text of a first ``pulsefield.toml``: commented, and valid as it stands."""

HEAD = """\
# Pulsefield's configuration. `pulsefield check` finds what is wrong or missing in it.
# A secret never stands here: env:NAME is an environment variable, file:PATH a file.

[pulsefield]
data = "pulsefield-data"   # folder (or object store URL) of the tables and the score history
model = "default"          # a shipped model (default, support, small_book, trials) or a path
language = "en"            # of the reasons that people read: en, nl, da, pl

# [rates]                  # value of one unit in the model's currency, where money is mixed
# USD = 0.86

[limits]                   # a plan beyond these is not applied (exit code 3)
replaced = 0.5             # share of accounts whose value moves by 5 points or more
cleared = 0.1              # share of accounts whose value is cleared
bands = 0.3                # share of accounts that change band
mean_move = 10             # points by which the mean health may move

# [match]
# pins = "pins.csv"        # account,connection,id: these records are one customer
"""

SALESFORCE = """
[connections.salesforce]
kind = "salesforce"
base_url = "{url}"   # My Domain

[connections.salesforce.auth]
kind = "client_credentials"                     # of an External Client App
client_id = "3MVG9..."                         # its consumer key, no secret
client_secret = "env:SALESFORCE_CLIENT_SECRET"

# Which of your own fields hold what; the standard ones are known.
# [connections.salesforce.map.accounts]
# seats = "Seats__c"
# mrr = "MRR__c"
# renewal_at = "Renewal_Date__c"

# Usage, invoices or milestones that live in custom objects:
# [connections.salesforce.objects.Product_Usage__c]
# table = "usage"
# account = "Account__c"
# map = {{ day = "Day__c", feature = "Feature__c", user_ref = "User__c", count = "Count__c" }}

# [connections.salesforce.fields]   # names of the score fields; false switches one off
# health = "Pulsefield_Health__c"
"""

HUBSPOT = """
[connections.hubspot]
kind = "hubspot"

[connections.hubspot.auth]
kind = "token"                      # a service key
token = "env:HUBSPOT_TOKEN"

# [connections.hubspot.map.accounts]
# seats = "licences"
"""

ZENDESK = """
[connections.zendesk]
kind = "zendesk"
subdomain = "{subdomain}"

[connections.zendesk.auth]
kind = "client_credentials"         # of a confidential OAuth client that an admin owns
client_id = "pulsefield"
client_secret = "env:ZENDESK_CLIENT_SECRET"
"""

TABLES = """
[connections.files]
kind = "tables"
folder = "{folder}"

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


def text(salesforce: str = "", hubspot: bool = False, zendesk: str = "", tables: str = "") -> str:  # noqa: FBT001, FBT002 - one argument a system
    """Return a configuration for the systems named; for all three when none is."""
    if not (salesforce or hubspot or zendesk or tables):
        salesforce, hubspot, zendesk = "https://acme.my.salesforce.com", True, "acme"
    parts = [HEAD]
    if salesforce:
        parts.append(SALESFORCE.format(url=salesforce))
    if hubspot:
        parts.append(HUBSPOT)
    if zendesk:
        parts.append(ZENDESK.format(subdomain=zendesk))
    if tables:
        parts.append(TABLES.format(folder=tables))
    return "".join(parts)
