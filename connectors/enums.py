"""The words that canonical enum columns allow, and common vendor words for them.

A word that is in neither becomes ``other`` where the column has that, else null; both counted.
"""

from .convert import OTHER_NULLS, TEXT_NULLS
from .records import ColumnType

ENUMS: dict[tuple[str, str], frozenset[str]] = {
    (table, column): frozenset(words.split())
    for table, column, words in (
        ("accounts", "lifecycle", "prospect trial onboarding customer churned"),
        ("contacts", "role", "champion admin buyer user other"),
        ("tickets", "status", "new open pending hold solved closed other"),
        ("tickets", "priority", "low normal high urgent"),
        ("tickets", "type", "question incident problem task other"),
        (
            "tickets",
            "topic",
            "defect billing how_to feature_request account cancellation other",
        ),
        ("tickets", "channel", "email web chat phone api other"),
        (
            "invoices",
            "status",
            "draft open paid void uncollectible disputed credit_note other",
        ),
        ("subscriptions", "status", "trialing active past_due cancelled ended other"),
        ("interactions", "channel", "email call meeting chat event beta feedback other"),
        ("interactions", "direction", "in out both"),
        ("interactions", "sentiment", "positive neutral negative"),
        ("surveys", "kind", "nps csat ces pulse"),
        ("milestones", "kind", "onboarding first_value goal advocacy"),
        (
            "outcomes",
            "kind",
            "churn_notice churn renewal upgrade downgrade trial_converted other",
        ),
    )
}

# Words that mean the same everywhere; what only one vendor says is in that vendor's folder.
SYNONYMS: dict[tuple[str, str], dict[str, str]] = {
    ("subscriptions", "status"): {"canceled": "cancelled", "trial": "trialing", "expired": "ended"},
    ("tickets", "priority"): {"medium": "normal", "critical": "urgent"},
    ("tickets", "status"): {"on_hold": "hold", "resolved": "solved"},
    ("tickets", "type"): {"bug": "problem"},
    ("invoices", "status"): {"voided": "void", "outstanding": "open"},
    ("interactions", "direction"): {
        "inbound": "in",
        "incoming": "in",
        "outbound": "out",
        "outgoing": "out",
    },
}

LABELS = frozenset({"plan", "product", "segment", "industry", "country", "owner"})
"""Columns of short labels, where a word for "nothing" is never a name."""
LABEL_NULLS = OTHER_NULLS - {"na", "inf", "-inf"}  # NA is Namibia


def nulls_of(column: str, kind: ColumnType) -> frozenset[str]:
    """Return the folded texts that mean "no value" in a canonical column."""
    if kind not in {"string", "strings"}:
        return OTHER_NULLS
    return LABEL_NULLS if column in LABELS else TEXT_NULLS
