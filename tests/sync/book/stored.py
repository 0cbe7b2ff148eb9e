"""A deployment whose store is filled directly: accounts, what they did, and earlier snapshots.

No connector and no simulator runs, so that a book of 10,000 accounts is there in seconds.
"""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from connectors.records import to_arrow
from sync.config import Config, load
from sync.intake import Watermark
from sync.workspace import Workspace

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
CONFIG = '[pulsefield]\nmodel = "{model}"\n{general}\n[connections.crm]\nkind = "tables"\n'
SMALL = """
name = "small"
signals.active_days = { table = "usage", aggregate = "distinct", of = "day", window = "56d" }
signals.open_tickets = { table = "tickets", aggregate = "count", window = "60d" }
metrics.active = { signal = "active_days", worst = 0, best = 7 }
metrics.calm = { signal = "open_tickets", worst = 5, best = 0 }
scores.adoption = { weights = { active = 1 } }
scores.health = { weights = { active = 3, calm = 1 } }
"""
NASTY = (
    "<script>document.title = 'run'</script>",
    "<img src=x onerror=\"document.title='run'\">",
    '=HYPERLINK("http://x","y")',
    "+31 Logistics",
    "-1+1|cmd",
    "@SUM(A1:A9)",
    "\tTab & Co",
    "شركة الأفق للتجارة",
    "מים טובים בע״מ",
    "株式会社プラットフォーム",
    "A" * 400,
    '</script><b>bold</b> & "quoted"',
)
SEGMENTS = ("SMB", "Mid-Market", "Enterprise")
PLANS = ("Starter", "Business", "Enterprise")
COUNTRIES = ("NL", "DE", "DK", "PL", "GB", "US", "FR", "SE")


def deployment(
    folder: Path,
    accounts: int,
    *,
    snapshots: int = 12,
    general: str = "",
    now: datetime = NOW,
    small: bool = False,
) -> Config:
    """Write a configuration and fill its store; the first accounts have the NASTY names.

    With ``small`` a model of two metrics scores them, in a tenth of the time.
    """
    (folder / "small.toml").write_text(SMALL, encoding="utf-8")
    file = folder / "pulsefield.toml"
    file.write_text(
        CONFIG.format(general=general, model="small.toml" if small else "default"), encoding="utf-8"
    )
    config = load(file)
    chance = random.Random(7)
    work = Workspace(config, now)
    try:
        care = [chance.betavariate(3, 1.6) for _ in range(accounts)]
        tables = {"accounts": _accounts(chance, accounts, now), **_activity(chance, care, now)}
        for name, rows in tables.items():
            known = [{**row, "source": "crm", "known_at": now} for row in rows]
            work.store.append(name, to_arrow(name, known))
            mark = Watermark(value="1", mapping="m", read_at=now)
            work.journal.save_watermark("crm", name, mark, (name,))
        _snapshots(work, care, snapshots, now)
    finally:
        work.close()
    return config


def _accounts(chance: random.Random, accounts: int, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "id": f"A{at:06d}",
            "name": NASTY[at] if at < len(NASTY) else f"{_word(chance)} {_word(chance)} {at}",
            "owner": f"Owner {at % 20}",
            "segment": chance.choice(SEGMENTS),
            "lifecycle": chance.choice(("customer",) * 8 + ("onboarding", "churned")),
            "plan": chance.choice(PLANS),
            "product": chance.choice(("Planboard", "Fieldnote")),
            "country": chance.choice(COUNTRIES),
            "seats": chance.randint(3, 200),
            "mrr": round(chance.lognormvariate(6, 1), 2),
            "currency": "EUR",
            "started_at": now - timedelta(days=chance.randint(100, 1500)),
            "renewal_at": now + timedelta(days=chance.randint(-20, 500)),
            "core_features": 8,
        }
        for at in range(accounts)
    ]


def _word(chance: random.Random) -> str:
    parts = ("bo", "ra", "vel", "min", "tor", "ka", "sen", "lu", "dri", "phe")
    return "".join(chance.choice(parts) for _ in range(3)).capitalize()


def _activity(
    chance: random.Random, care: list[float], now: datetime
) -> dict[str, list[dict[str, Any]]]:
    """Use, tickets, invoices, surveys and contacts; more of the good where care is high."""
    found: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("usage", "tickets", "invoices", "surveys", "interactions")
    }
    for at, share in enumerate(care):
        ref = f"A{at:06d}"
        for week in range(10):
            if chance.random() < share:
                day = (now - timedelta(days=7 * week + chance.randint(0, 6))).date()
                user = f"{ref}-{week % 4}"
                found["usage"].append(
                    {
                        "id": f"{ref}u{week}",
                        "account_ref": ref,
                        "day": day,
                        "feature": f"f{week % 5}",
                        "user_ref": user,
                        "count": chance.randint(1, 30),
                    }
                )
        for number in range(chance.randint(0, 3)):
            opened = now - timedelta(days=chance.randint(1, 80))
            urgent = chance.random() > share
            found["tickets"].append(
                {
                    "id": f"{ref}t{number}", "account_ref": ref, "opened_at": opened,
                    "resolved_at": opened + timedelta(hours=chance.randint(1, 90)),
                    "priority": "urgent" if urgent else "normal", "topic": "defect" if urgent else "how_to",
                    "first_reply_minutes": chance.uniform(5, 600), "resolution_hours": chance.uniform(1, 90),
                }
            )  # fmt: skip
        due = now - timedelta(days=20)
        late = chance.random() > share + 0.2
        found["invoices"].append(
            {
                "id": f"{ref}i", "account_ref": ref, "issued_at": due - timedelta(days=30), "due_at": due,
                "paid_at": None if late else due, "amount": 100.0, "amount_open": 100.0 if late else 0.0,
                "currency": "EUR", "status": "open" if late else "paid",
            }
        )  # fmt: skip
        if chance.random() < 0.4:
            when = now - timedelta(days=chance.randint(1, 60))
            found["surveys"].append(
                {
                    "id": f"{ref}s",
                    "account_ref": ref,
                    "kind": "nps",
                    "asked_at": when,
                    "at": when,
                    "score": round(10 * share),
                }
            )
        when = now - timedelta(days=int(90 * (1 - share)) + chance.randint(0, 10))
        found["interactions"].append(
            {
                "id": f"{ref}n",
                "account_ref": ref,
                "at": when,
                "channel": "call",
                "direction": "both",
                "sentiment": "positive" if share > 0.5 else "negative",
            }
        )
    return found


def _snapshots(work: Workspace, care: list[float], snapshots: int, now: datetime) -> None:
    """Store earlier scores, one snapshot each 15 days."""
    chance = random.Random(11)
    count = len(care)
    scores = list(work.model.scores)
    for number in range(snapshots, 0, -1):
        as_of = now.replace(minute=0) - timedelta(days=15 * number)
        values = [
            min(100.0, max(0.0, 100 * share + chance.gauss(0, 4) - number))
            for share in care
            for _ in scores
        ]
        bands = ["red" if v < 40 else "yellow" if v < 80 else "green" for v in values]
        stamp = pa.timestamp("us", tz="UTC")
        rows = count * len(scores)
        work.store.add(
            "scores",
            pa.table(
                {
                    "account": pa.array(
                        [at + 1 for at in range(count) for _ in scores], pa.int64()
                    ),
                    "score": pa.array(scores * count, pa.string()),
                    "value": pa.array(values, pa.float64()),
                    "coverage": pa.array([0.8] * rows, pa.float64()),
                    "spread": pa.array([0.0] * rows, pa.float64()),
                    "band": pa.array(bands, pa.string()),
                    "segment": pa.array([None] * rows, pa.string()),
                    "limited_by": pa.array([""] * rows, pa.string()),
                    "run": pa.array([snapshots - number + 1] * rows, pa.int64()),
                    "model": pa.array([work.model_sum] * rows, pa.string()),
                    "replayed": pa.array([False] * rows, pa.bool_()),
                    "as_of": pa.array([as_of] * rows, stamp),
                    "known_at": pa.array([as_of] * rows, stamp),
                }
            ),
        )
