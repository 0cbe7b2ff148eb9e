"""A deployment for the simulated systems: configuration and secrets, ready to run."""

from pathlib import Path

from connectors.simulator import Simulator

from .files import replace_text
from .private import make_folder

CONFIG = """\
# A deployment for Pulsefield's simulator; `pulsefield simulator` serves the systems.

[pulsefield]
data = "data"
model = "default"

[rates]                # in euro
EUR = 1
USD = 0.86
GBP = 1.15
DKK = 0.134
PLN = 0.235
CHF = 1.07
SEK = 0.091

[connections.salesforce]
kind = "salesforce"
base_url = "{salesforce}"

[connections.salesforce.auth]
kind = "client_credentials"
client_id = "{salesforce_client_id}"
client_secret = "file:secrets/salesforce_client_secret"

[connections.salesforce.map.accounts]
external_id = "External_Id__c"
seats = "Seats__c"
mrr = "MRR__c"
currency = "CurrencyIsoCode"
plan = "Plan__c"
product = "Product__c"
segment = "Segment__c"
lifecycle = "Lifecycle__c"
started_at = "Customer_Since__c"
trial_started_at = "Trial_Start__c"
trial_ends_at = "Trial_End__c"
renewal_at = "Renewal_Date__c"
term_months = "Term_Months__c"
auto_renew = "Auto_Renew__c"
core_features = "Core_Features__c"
new_features = "New_Features__c"

[connections.salesforce.map.contacts]
role = "Role__c"
active = "Active__c"
last_seen_at = "Last_Seen__c"

[connections.salesforce.objects.Product_Usage__c]
table = "usage"
account = "Account__c"

[connections.salesforce.objects.Product_Usage__c.map]
day = "Day__c"
feature = "Feature__c"
user_ref = "User__c"
count = "Count__c"
days_since_release = "Days_Since_Release__c"

[connections.salesforce.objects.Milestone__c]
table = "milestones"
account = "Account__c"

[connections.salesforce.objects.Milestone__c.map]
kind = "Kind__c"
name = "Name"
agreed_at = "Agreed__c"
due_at = "Due__c"
reached_at = "Reached__c"
value = "Value__c"
currency = "CurrencyIsoCode"

[connections.salesforce.objects.CSM_Pulse__c]
table = "surveys"
account = "Account__c"

[connections.salesforce.objects.CSM_Pulse__c.map]
kind = {{ value = "pulse" }}
asked_at = "Asked__c"
at = "Answered__c"
score = "Score__c"
contact_ref = "Contact__c"

[connections.hubspot]
kind = "hubspot"
base_url = "{hubspot}"
ces_points = 5                # this account's effort surveys run from 1 to 5
time_zone = "Europe/Amsterdam"

[connections.hubspot.auth]
kind = "token"
token = "file:secrets/hubspot_token"

[connections.hubspot.map.accounts]
external_id = "external_id"
seats = "seats"
mrr = "mrr"
currency = "billing_currency"
plan = "plan"

[connections.hubspot.map.invoices]
status = "invoice_state"
reminders = "reminders_sent"

[connections.hubspot.map.interactions]
sentiment = "sentiment"

[connections.hubspot.deals]
property = "deal_motion"      # this account's own property; each value: when won, when lost

[connections.hubspot.deals.kinds]
renewal = ["renewal", "churn"]
upgrade = ["upgrade", "other"]
downgrade = ["downgrade", "other"]
churn = ["other", "churn"]
churn_notice = ["other", "churn_notice"]
trial_converted = ["trial_converted", "other"]

[connections.zendesk]
kind = "zendesk"
base_url = "{zendesk}"
incremental_per_minute = 30   # this account has the High Volume add-on

[connections.zendesk.auth]
kind = "client_credentials"
client_id = "{zendesk_client_id}"
client_secret = "file:secrets/zendesk_client_secret"
"""
SECRETS = {
    "salesforce": ("client_secret",),
    "hubspot": ("token",),
    "zendesk": ("client_secret",),
}


def write(simulator: Simulator, folder: Path) -> Path:
    """Write ``pulsefield.toml`` and its secrets for a running simulator; return the file.

    Raises:
        SyncError: the folder cannot be written.
    """
    make_folder(folder / "secrets")
    for system, names in SECRETS.items():
        for name in names:
            secret = simulator.credentials[system][name]  # type: ignore[index]
            replace_text(folder / "secrets" / f"{system}_{name}", secret)
    file = folder / "pulsefield.toml"
    clients = {
        f"{system}_client_id": simulator.credentials[system]["client_id"]
        for system in ("salesforce", "zendesk")
    }
    replace_text(file, CONFIG.format(**simulator.urls, **clients))
    return file
