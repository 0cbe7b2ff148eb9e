"""A small book of invented customers with rows in every table: happy, failing, silent, trial."""

import random
from datetime import timedelta
from typing import Any

from tests.scoring.generated import NOW
from tests.scoring.oracle_signals import Facts

MOODS = [0.95, 0.85, 0.7, 0.6, 0.45, 0.3, 0.15, 0.05]
TABLES = [
    "contacts",
    "tickets",
    "invoices",
    "subscriptions",
    "usage",
    "interactions",
    "surveys",
    "milestones",
    "outcomes",
]


def ago(days: float) -> Any:
    return NOW - timedelta(days=days)


def book(seed: int = 5) -> Facts:
    """Eight customers from the happiest to the unhappiest, a trial, one only in the CRM."""
    chance = random.Random(seed)
    facts = Facts([], {name: [] for name in TABLES})
    for key, mood in enumerate([*MOODS, 0.6, 0.6], 1):
        trial = key == len(MOODS) + 1
        facts.accounts.append(account(key, trial))
        crm_only = key == len(MOODS) + 2
        for table in TABLES:
            if not crm_only or table in {"contacts", "interactions", "outcomes", "milestones"}:
                facts.presence[key, table] = ago(0 if key != 3 else 20)
        fill(facts, key, mood, chance, crm_only=crm_only)
    for rows in facts.tables.values():
        for number, row in enumerate(rows):
            row |= {"source": "s", "id": f"{number:05}"}
    return facts


def account(key: int, trial: bool) -> dict[str, Any]:
    return {
        "account": key,
        "seats": 10,
        "core_features": 8,
        "new_features": 2,
        "lifecycle": "trial" if trial else "customer",
        "started_at": ago(20 if trial else 400 + key),
        "trial_started_at": ago(20) if trial else None,
        "currency": "EUR",
    }


def fill(facts: Facts, key: int, mood: float, chance: random.Random, *, crm_only: bool) -> None:
    def add(table: str, **row: Any) -> None:
        if not crm_only or (key, table) in facts.presence:
            facts.tables[table].append({"account": key, **row})

    for day in range(70):
        for user in range(round(10 * mood)):
            if chance.random() < mood - day * (mood - 0.5) / 200:
                feature = f"f{chance.randrange(1 + round(7 * mood))}"
                add("usage", day=ago(day).date(), feature=feature, user_ref=f"u{user}", count=1.0)
    for _ in range(round(12 * (1 - mood)) + 1):
        support(add, mood, chance)
    for month in range(6):
        late = 20 * (1 - mood) * chance.random()
        due = ago(30 * month + 5)
        paid = due + timedelta(days=late - 8)
        owed = 0.0 if paid <= NOW else 100.0
        add(
            "invoices",
            due_at=due,
            issued_at=due - timedelta(days=14),
            amount=100.0,
            amount_open=owed,
            paid_at=None if owed else paid,
            status="open" if owed else "paid",
            reminders=int(late > 12),
            currency="EUR",
            failed_payments=int(late > 15),
            last_failed_at=due if late > 15 else None,
        )
    add("subscriptions", started_at=ago(400), mrr=100.0, currency="EUR", status="active")
    relation(add, mood, chance)


def support(add: Any, mood: float, chance: random.Random) -> None:
    opened = ago(100 * chance.random())
    hours = 5 + 200 * (1 - mood) * chance.random()
    solved = opened + timedelta(hours=hours)
    add(
        "tickets",
        opened_at=opened,
        resolved_at=solved if solved < NOW else None,
        resolution_hours=hours if solved < NOW else None,
        first_reply_minutes=30 + 900 * (1 - mood),
        priority="urgent" if chance.random() > 0.6 + mood / 2 else "normal",
        reopens=int(chance.random() > 0.7 + mood / 3),
        topic="defect" if chance.random() > mood else "how_to",
        type="question",
    )


def relation(add: Any, mood: float, chance: random.Random) -> None:
    for number in range(round(14 * mood) + 1):
        tone = "positive" if chance.random() < mood else "negative"
        add(
            "interactions",
            at=ago(5 + 150 * (1 - mood) * chance.random() + number),
            channel=chance.choice(["email", "call", "meeting", "event"]),
            direction="both",
            sentiment=tone,
        )
    for number in range(6):
        at = ago(20 + 25 * number)
        add(
            "surveys",
            kind="csat",
            asked_at=at,
            at=at,
            score=1 + 4 * mood,
            good=chance.random() < mood + 0.1,
        )
    add("surveys", kind="nps", asked_at=ago(80), at=ago(79), score=round(10 * mood) * 1.0)
    add("surveys", kind="pulse", asked_at=ago(30), at=ago(30), score=round(1 + 4 * mood) * 1.0)
    for number in range(round(4 * mood) + 1):
        add(
            "contacts",
            role="champion" if number == 0 and mood > 0.5 else "user",
            active=True,
            last_seen_at=ago(80 * (1 - mood)),
        )
    for number, kind in enumerate(["onboarding", "onboarding", "first_value", "goal"]):
        reached = None if chance.random() > mood + 0.2 else ago(370 - 20 * number)
        add(
            "milestones", kind=kind, name=f"{kind} {number}", agreed_at=ago(399), reached_at=reached
        )
    if mood < 0.1:
        add("outcomes", at=ago(12), kind="churn_notice", mrr_change=0.0, currency="EUR")
