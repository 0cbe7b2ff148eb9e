"""What names, labels and types of fields are taken for, in several languages."""

from dataclasses import replace

import pytest

from connectors.extras import Offer
from connectors.records import TABLES
from sync import guessing
from sync.guessing import SURE


def offer(field: str, label: str = "", kind: str = "string", thing: str = "Account") -> Offer:
    return Offer(thing, "accounts", field, label or field, kind)


def taken(*offers: Offer, table: str = "accounts", filled: dict[str, str] | None = None):
    return guessing.chosen(guessing.rated(offers, table), filled or {})


@pytest.mark.parametrize(
    ("field", "label", "kind", "column"),
    [
        ("Seats__c", "Seats", "double", "seats"),
        ("Nr_of_Licences__c", "Number of licences", "double", "seats"),
        ("x1__c", "Aantal licenties", "double", "seats"),
        ("x1__c", "Antal brugerlicenser", "double", "seats"),
        ("x1__c", "Liczba licencji", "double", "seats"),
        ("x1__c", "Anzahl Lizenzen", "double", "seats"),
        ("renewalDate", "Renewal date", "date", "renewal_at"),
        ("x2__c", "Verlengdatum", "date", "renewal_at"),
        ("x2__c", "Fornyelsesdato", "date", "renewal_at"),
        ("x2__c", "Data odnowienia", "date", "renewal_at"),
        ("x2__c", "Koniec umowy", "date", "renewal_at"),
        ("x3__c", "Miesięczny przychód", "currency", "mrr"),
        ("x3__c", "Maandelijkse omzet", "currency", "mrr"),
        ("klantnummer", "Klantnummer", "string", "external_id"),
        ("x4__c", "Kundenummer", "string", "external_id"),
        ("x5__c", "Automatische verlenging", "boolean", "auto_renew"),
        ("x6__c", "Etap klienta", "picklist", "lifecycle"),
    ],
)
def test_own_fields_are_recognised(field: str, label: str, kind: str, column: str) -> None:
    (guess, *_) = taken(offer(field, label, kind))
    assert (guess.column, guess.sure) == (column, True)


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Seats", "date"),  # of a type that cannot be it
        ("Last renewal call outcome", "date"),  # other words change the meaning
        ("MRR per seat", "currency"),
        ("Favourite colour", "string"),
    ],
)
def test_other_fields_are_not_mapped(label: str, kind: str) -> None:
    assert not [guess for guess in taken(offer("x__c", label, kind)) if guess.sure]


def test_yearly_revenue_stands_in_for_monthly_revenue() -> None:
    arr = offer("ARR__c", "ARR", "currency")
    (alone,) = taken(arr)
    assert (alone.column, alone.scale, alone.sure) == ("mrr", pytest.approx(1 / 12), True)
    both = {guess.offer.field: guess for guess in taken(arr, offer("MRR__c", "MRR", "currency"))}
    assert both["MRR__c"].sure
    assert both["ARR__c"].against == "MRR__c looks more like it"


def test_scores_kept_elsewhere_become_columns_of_the_users_own_only_by_hand() -> None:
    found = taken(
        offer("Health_Score__c", "Health score", "double"),
        offer("NPS__c", "NPS", "double"),
        offer("Active_Users__c", "Active users", "double"),
    )
    assert {guess.column for guess in found} == {"health_by_hand", "nps", "active_users"}
    assert not [guess for guess in found if guess.sure]


def test_a_standard_field_gives_way_only_to_a_name_that_fits_whole() -> None:
    usual = {"segment": "Type"}
    (exact,) = taken(offer("Segment__c", "Segment", "picklist"), filled=usual)
    assert exact.sure
    (close,) = taken(offer("Our_Segment__c", "Our segment", "picklist"), filled=usual)
    assert close.against == "Type fills it now"


def test_the_fuller_of_two_equal_fields_wins() -> None:
    guesses = guessing.rated(
        [offer("Seats__c", "Seats", "double"), offer("Licences__c", "Licences", "double")],
        "accounts",
    )
    seen = [replace(one, filled=0.9 if one.offer.field == "Seats__c" else 0.1) for one in guesses]
    assert [one.offer.field for one in guessing.chosen(seen, {}) if one.sure] == ["Seats__c"]


@pytest.mark.parametrize(
    ("name", "label", "table", "kind"),
    [
        ("Product_Usage__c", "Product Usage", "usage", ""),
        ("Forbrug__c", "Forbrug", "usage", ""),
        ("Faktury__c", "Faktury", "invoices", ""),
        ("Mijlpaal__c", "Mijlpaal", "milestones", ""),
        ("CSM_Pulse__c", "CSM Pulse", "surveys", "pulse"),
        ("NPS_Response__c", "NPS Response", "surveys", "nps"),
    ],
)
def test_custom_objects_are_recognised(name: str, label: str, table: str, kind: str) -> None:
    (thing,) = guessing.things([Offer(name, "", "", label, "custom object")])
    assert (thing.table, thing.kind, thing.confidence >= SURE) == (table, kind, True)


def test_every_word_list_names_a_column() -> None:
    vocabulary = guessing.vocabulary()
    for table in set(vocabulary) & set(TABLES):
        assert not set(vocabulary[table]) - {column.name for column in TABLES[table].all_columns}
    assert {name.partition(".")[0] for name in vocabulary["objects"]} == set(guessing.NEEDED)
    for entries in vocabulary.values():
        for phrases in entries.values():
            for phrase in phrases:
                assert guessing.words(" ".join(phrase)) == phrase, "written folded"
