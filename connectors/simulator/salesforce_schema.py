"""Objects and fields of the Salesforce stand-in, and what describe says about them."""

from dataclasses import dataclass, field
from typing import Any

PREFIXES = {
    "Account": "001", "Contact": "003", "User": "005", "Opportunity": "006", "Case": "500",
    "Task": "00T", "Event": "00U", "Organization": "00D", "PermissionSet": "0PS",
    "FieldPermissions": "01k", "PermissionSetAssignment": "0Pa", "CustomField": "00N",
    "Contract": "800", "Asset": "02i", "Product2": "01t",
    "Product_Usage__c": "a01", "Milestone__c": "a02", "CSM_Pulse__c": "a03",
}  # fmt: skip
"""Object -> the first three characters of its ids."""

_SYSTEM = """
Id id; IsDeleted boolean; CreatedDate datetime; CreatedById reference>User:CreatedBy;
LastModifiedDate datetime; LastModifiedById reference>User:LastModifiedBy; SystemModstamp datetime
"""

_OBJECTS = {
    "Account": """
        MasterRecordId reference>Account:MasterRecord!; Name string; Type picklist;
        ParentId reference>Account:Parent; BillingCity string; BillingCountry string;
        Website url; Industry string; OwnerId reference>User:Owner; AccountNumber string;
        NumberOfEmployees int; CurrencyIsoCode picklist; Description textarea;
        Seats__c double(8,0); Plan__c string; Product__c string; MRR__c currency(16,2);
        ARR__c currency(16,2)=; Customer_Since__c date; Trial_Start__c date; Trial_End__c date;
        Renewal_Date__c date; Term_Months__c double(3,0); Auto_Renew__c boolean;
        Segment__c picklist; Lifecycle__c picklist; Core_Features__c double(3,0);
        New_Features__c double(3,0); External_Id__c string#
    """,
    "Contact": """
        AccountId reference>Account:Account; FirstName string; LastName string; Name string!;
        Email email; Title string; OwnerId reference>User:Owner; Role__c picklist;
        Active__c boolean; Last_Seen__c datetime; LastActivityDate date!
    """,
    "Case": """
        CaseNumber string!; AccountId reference>Account:Account;
        ContactId reference>Contact:Contact; Subject string; Status picklist; Priority picklist;
        Type picklist; Reason picklist; Origin picklist; IsClosed boolean!; ClosedDate datetime!;
        OwnerId reference>User:Owner; First_Reply_At__c datetime; Reopens__c double(4,0);
        Replies__c double(4,0)
    """,
    "Task": """
        AccountId reference>Account:Account!; WhatId reference>Account:What;
        WhoId reference>Contact:Who; Subject string; TaskSubtype picklist; Status picklist;
        Priority picklist; Type picklist; ActivityDate date; CompletedDateTime datetime!;
        CallType picklist; CallDurationInSeconds int; IsClosed boolean!;
        OwnerId reference>User:Owner; Sentiment__c picklist
    """,
    "Event": """
        AccountId reference>Account:Account!; WhatId reference>Account:What;
        WhoId reference>Contact:Who; Subject string; Type picklist; StartDateTime datetime;
        EndDateTime datetime; ActivityDate date; DurationInMinutes int;
        OwnerId reference>User:Owner; Sentiment__c picklist
    """,
    "Opportunity": """
        AccountId reference>Account:Account; Name string; StageName picklist; Type picklist;
        Amount currency(16,2); CloseDate date; IsClosed boolean!; IsWon boolean!;
        CurrencyIsoCode picklist; OwnerId reference>User:Owner; MRR_Change__c currency(16,2)
    """,
    "Contract": """
        ContractNumber string!; AccountId reference>Account:Account; Status picklist;
        StartDate date; EndDate date!; ContractTerm int; CurrencyIsoCode picklist
    """,
    "Asset": """
        Name string; AccountId reference>Account:Account; Product2Id reference>Product2:Product2;
        Status picklist; InstallDate date; UsageEndDate date; Quantity double(10,2);
        CurrencyIsoCode picklist
    """,
    "Product2": "Name string; ProductCode string; IsActive boolean",
    "Product_Usage__c": """
        Name string!; Account__c reference>Account:Account__r; Day__c date; Feature__c string;
        User__c string; Count__c double(12,2); Days_Since_Release__c double(6,0)
    """,
    "Milestone__c": """
        Name string; Account__c reference>Account:Account__r; Kind__c picklist;
        Agreed__c datetime; Due__c datetime; Reached__c datetime; Value__c currency(16,2);
        CurrencyIsoCode picklist
    """,
    "CSM_Pulse__c": """
        Name string!; Account__c reference>Account:Account__r; Asked__c datetime;
        Answered__c datetime; Score__c double(3,1); Contact__c reference>Contact:Contact__r
    """,
    "User": "Username string; Name string!; LastName string; Email email; IsActive boolean",
    "Organization": "Name string; OrganizationType picklist; IsSandbox boolean",
    "PermissionSet": """
        Name string; Label string; Description string; IsOwnedByProfile boolean!;
        ProfileId reference>User:Profile!; IsCustom boolean!
    """,
    "PermissionSetAssignment": """
        PermissionSetId reference>PermissionSet:PermissionSet; AssigneeId reference>User:Assignee
    """,
    "FieldPermissions": """
        ParentId reference>PermissionSet:Parent; SobjectType picklist; Field picklist;
        PermissionsRead boolean; PermissionsEdit boolean
    """,
}
"""Object -> fields as ``Name type``: ``(p,s)`` digits, ``>`` target and relationship, ``!`` not
writable, ``=`` calculated, ``#`` external id."""


@dataclass(slots=True)
class Field:
    """One field, with what describe says.

    Attributes:
        type: Vendor's word: string, double, datetime, reference, picklist ...
        length: Characters that a text may have; 0 where that is no question.
        relationship: Name by which the parent's fields are reached.
        values: Values of a restricted picklist.
    """

    name: str
    label: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    target: str = ""
    relationship: str = ""
    writable: bool = True
    calculated: bool = False
    external: bool = False
    values: tuple[str, ...] = ()
    restricted: bool = False
    help: str | None = None

    def describe(self, *, editable: bool) -> dict[str, Any]:
        """Return the field's part of a describe answer."""
        can_write = editable and self.writable and not self.calculated
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "length": self.length,
            "precision": self.precision,
            "scale": self.scale,
            "custom": self.name.endswith("__c"),
            "createable": can_write,
            "updateable": can_write,
            "calculated": self.calculated,
            "externalId": self.external,
            "idLookup": self.external or self.name == "Id",
            "nillable": self.type not in {"id", "boolean"},
            "filterable": self.type != "textarea",
            "sortable": self.type != "textarea",
            "inlineHelpText": self.help,
            "referenceTo": [self.target] if self.target else [],
            "relationshipName": self.relationship or None,
            "restrictedPicklist": self.restricted,
            "picklistValues": [
                {"value": value, "label": value, "active": True, "defaultValue": False}
                for value in self.values
            ],
        }


@dataclass(slots=True)
class Schema:
    """One object: its fields by name; names are found in any case, as Salesforce does."""

    name: str
    fields: dict[str, Field]
    lower: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lower = {name.lower(): name for name in self.fields}

    def add(self, new: Field) -> None:
        """Add a field."""
        self.fields[new.name] = new
        self.lower[new.name.lower()] = new.name

    def find(self, name: str) -> Field | None:
        """Return a field by its name in any case."""
        known = self.lower.get(name.lower())
        return self.fields[known] if known else None


def schemas() -> dict[str, Schema]:
    """Return a fresh set of all objects."""
    return {
        name: Schema(name, {f.name: f for f in [*_parse(_SYSTEM, system=True), *_parse(text)]})
        for name, text in _OBJECTS.items()
    }


def _parse(text: str, *, system: bool = False) -> list[Field]:
    return [_field(part.strip(), system=system) for part in text.split(";") if part.strip()]


def _field(part: str, *, system: bool) -> Field:
    name, kind = part.split()
    marks = {mark for mark in "!=#" if kind.endswith(mark)}
    kind = kind.rstrip("!=#")
    kind, _, target = kind.partition(">")
    target, _, relationship = target.partition(":")
    kind, _, digits = kind.partition("(")
    precision, scale = (int(d) for d in digits.rstrip(")").split(",")) if digits else (0, 0)
    length = {"string": 255, "picklist": 255, "url": 255, "email": 80, "textarea": 32_000,
              "id": 18, "reference": 18}.get(kind, 0)  # fmt: skip
    return Field(
        name, name.removesuffix("__c").replace("_", " "), kind, length, precision, scale,
        target, relationship, writable=not system and "!" not in marks,
        calculated="=" in marks, external="#" in marks,
    )  # fmt: skip
