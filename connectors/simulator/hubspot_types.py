"""HubSpot's object types: ids, scopes, the properties they are born with."""

from dataclasses import dataclass

from .hubspot_schema import Property, Schema, define


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One object type.

    Attributes:
        name: As in paths.
        id: HubSpot's ``objectTypeId``.
        singular: As in association types: ``company_to_contact``.
        read_scope: Any read needs it.
        write_scope: Any write needs it; None: the API has no write operation.
        schema_scope: Stem of the scopes for properties, ``.read`` and ``.write``.
        defaults: Properties that come when none are asked for.
        modified: The property that holds the time of the last change.
        created: The property that holds the time of creation.
    """

    name: str
    id: str
    singular: str
    read_scope: str
    write_scope: str | None
    schema_scope: str
    defaults: tuple[str, ...]
    modified: str = "hs_lastmodifieddate"
    created: str = "createdate"

    @property
    def always(self) -> tuple[str, ...]:
        """Properties in every answer, asked for or not."""
        return ("hs_object_id", self.created, self.modified)


def _crm(name: str, id_: str, singular: str, defaults: str, **more: str) -> ObjectType:
    """Make a type with scopes of its own."""
    stem = more.pop("scope", name)
    return ObjectType(
        name,
        id_,
        singular,
        f"crm.objects.{stem}.read",
        f"crm.objects.{stem}.write",
        f"crm.schemas.{stem}",
        tuple(defaults.split()),
        **more,
    )


def _engagement(name: str, id_: str, singular: str, defaults: str) -> ObjectType:
    """Make an activity type, which contacts' scopes open."""
    return ObjectType(
        name,
        id_,
        singular,
        "crm.objects.contacts.read",
        "crm.objects.contacts.write",
        "crm.schemas.contacts",
        tuple(defaults.split()),
        created="hs_createdate",
    )


# Scopes of tickets, payments and activities, and types' ids above 0-5: unconfirmed.
TYPES: dict[str, ObjectType] = {
    kind.name: kind
    for kind in (
        _crm("companies", "0-2", "company", "name domain"),
        _crm("contacts", "0-1", "contact", "firstname lastname email", modified="lastmodifieddate"),
        _crm("deals", "0-3", "deal", "dealname amount closedate pipeline dealstage"),
        ObjectType(
            "tickets",
            "0-5",
            "ticket",
            "tickets",
            "tickets",
            "tickets",
            (
                "subject",
                "content",
                "hs_pipeline",
                "hs_pipeline_stage",
                "hs_ticket_category",
                "hs_ticket_priority",
            ),
        ),
        ObjectType(
            "feedback_submissions",
            "0-19",
            "feedback_submission",
            "crm.objects.feedback_submissions.read",
            None,
            "crm.schemas.feedback_submissions",
            ("hs_survey_name", "hs_survey_type", "hs_value"),
            created="hs_createdate",
        ),
        _crm("invoices", "0-53", "invoice", "hs_number", created="hs_createdate"),
        _crm("subscriptions", "0-69", "subscription", "hs_name hs_status", created="hs_createdate"),
        _crm(
            "commerce_payments",
            "0-101",
            "commerce_payment",
            "hs_initial_amount",
            scope="commercepayments",
            created="hs_createdate",
        ),
        _engagement("calls", "0-48", "call", "hs_call_title"),
        _engagement("emails", "0-49", "email", "hs_email_subject"),
        _engagement("meetings", "0-47", "meeting_event", "hs_meeting_title"),
    )
}

_ALIASES = {alias: kind for kind in TYPES.values() for alias in (kind.name, kind.id, kind.singular)}


def custom_type(name: str, number: int, portal: int) -> ObjectType:
    """Return the type of a custom object, as an admin makes one."""
    return ObjectType(
        f"p{portal}_{name}",
        f"2-{number}",
        name,
        "crm.objects.custom.read",
        "crm.objects.custom.write",
        "crm.schemas.custom",
        (),
        created="hs_createdate",
    )


def find_type(name: str) -> ObjectType | None:
    """Return a type by its plural, singular or id."""
    return _ALIASES.get(name)


# type: properties as ``name kind``; ``!`` read only, ``+`` made by this account's admin,
# ``=`` option values.
_PROPERTIES = """
companies: name string; domain string; website string; hs_additional_domains enumeration/checkbox!;
  phone string; city string; country string; industry string; description string/textarea;
  type enumeration/radio =PROSPECT,PARTNER,small,medium,large;
  lifecyclestage enumeration/radio
  =subscriber,lead,opportunity,trial,onboarding,customer,evangelist,churned,other;
  hs_date_entered_customer datetime!; hubspot_owner_id number; hs_parent_company_id number!;
  hs_merged_object_ids string!; num_associated_contacts number!; external_id string+;
  plan string+; product string+; seats number+; mrr number+; billing_currency string+;
  trial_started date+; trial_ends date+; renewal_date date+; term_months number+;
  auto_renew bool+; core_features number+; new_features number+;
  mrr_per_seat number/calculation_equation+
contacts: firstname string; lastname string; email string; jobtitle string; lifecyclestage string;
  company string; hs_buying_role enumeration/checkbox
  =BUDGET_HOLDER,CHAMPION,DECISION_MAKER,END_USER,EXECUTIVE_SPONSOR,INFLUENCER,BLOCKER,OTHER;
  associatedcompanyid number!; hs_last_sales_activity_timestamp datetime!;
  notes_last_contacted datetime!; hs_merged_object_ids string!; left_company bool+
deals: dealname string; amount number; closedate datetime; pipeline enumeration/select =default;
  dealstage enumeration/radio =appointmentscheduled,contractsent,closedwon,closedlost;
  dealtype enumeration/radio =newbusiness,existingbusiness,renewal; hs_is_closed_won bool!;
  hs_is_closed bool!; hs_arr number!; hs_mrr number; deal_currency_code string;
  deal_motion enumeration/select+
  =renewal,upgrade,downgrade,churn,churn_notice,trial_converted,other
tickets: subject string; content string; hs_pipeline enumeration/select =0;
  hs_pipeline_stage enumeration/select =1,2,3,4; source_type string;
  hs_ticket_category enumeration/checkbox
  =PRODUCT_ISSUE,BILLING_ISSUE,FEATURE_REQUEST,GENERAL_INQUIRY;
  hs_ticket_priority enumeration/select =LOW,MEDIUM,HIGH,URGENT; closed_date datetime!;
  first_agent_reply_date datetime!; time_to_close number!; time_to_first_agent_reply number!;
  hs_num_times_reopened number!
feedback_submissions: hs_survey_name string!; hs_survey_type string!; hs_value number!;
  hs_response_group string!; hs_sentiment string!; hs_content string!;
  hs_submission_timestamp datetime!; hs_survey_channel string!
invoices: hs_number string; hs_invoice_date datetime; hs_due_date datetime;
  hs_payment_date datetime; hs_amount_billed number; hs_balance_due number; hs_currency string;
  hs_invoice_status enumeration/select =draft,open,paid,voided; reminders_sent number+;
  invoice_state enumeration/select+ =open,paid,void,uncollectible,disputed,credit_note
subscriptions: hs_name string; hs_status enumeration/select
  =active,past_due,canceled,expired,scheduled,trialing; hs_recurring_billing_start_date datetime;
  hs_recurring_billing_end_date datetime; hs_cancelled_date datetime;
  hs_next_payment_due_date datetime; hs_quantity number; hs_mrr number; hs_currency_code string;
  product string+; term_months number+; auto_renew bool+
commerce_payments: hs_initial_amount number; hs_latest_status enumeration/select
  =succeeded,failed,refunded,processing; hs_initiated_date datetime; hs_currency_code string
calls: hs_timestamp datetime; hs_call_title string; hs_call_direction string;
  hs_call_duration number; hs_call_status string; sentiment string+
emails: hs_timestamp datetime; hs_email_subject string; hs_email_direction string;
  hs_email_status string; sentiment string+
meetings: hs_timestamp datetime; hs_meeting_title string; hs_meeting_start_time datetime;
  hs_meeting_end_time datetime; hs_meeting_outcome string; sentiment string+
"""


def _parse(entry: str, group: str) -> Property:
    head, _, values = entry.partition("=")
    name, mark = head.split()
    kind = mark.rstrip("!+")
    options = tuple(values.split(",")) if values else ()
    return define(name, kind, group, options=options, read_only="!" in mark, own="+" in mark)


def new_schema(kind: ObjectType) -> Schema:
    """Return a fresh schema with the properties that a type is born with."""
    group = f"{kind.singular}information"
    properties = [
        define("hs_object_id", "number", group, read_only=True),
        define(kind.created, "datetime", group, read_only=True),
        define(kind.modified, "datetime", group, read_only=True),
        *(_parse(entry, group) for entry in _ENTRIES.get(kind.name, ())),
    ]
    if kind.name == "contacts":
        schema_email = next(item for item in properties if item.definition["name"] == "email")
        schema_email.definition["hasUniqueValue"] = True
    groups = {
        group: {
            "name": group,
            "label": f"{kind.singular.capitalize()} information",
            "displayOrder": 0,
            "archived": False,
        }
    }
    return Schema({item.definition["name"]: item for item in properties}, groups)


def _entries() -> dict[str, list[str]]:
    entries: dict[str, list[str]] = {}
    for block in _PROPERTIES.replace("\n  ", " ").strip().splitlines():
        name, _, rest = block.partition(":")
        entries[name] = [" ".join(entry.split()) for entry in rest.split(";") if entry.strip()]
    return entries


_ENTRIES = _entries()
