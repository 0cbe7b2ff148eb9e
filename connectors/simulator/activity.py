"""Interactions, surveys, milestones and outcomes of a customer."""

from datetime import datetime, timedelta

from .facts import Interaction, Milestone, Outcome, Survey, System
from .history import History

ONBOARDING = ("Kick-off", "Data imported", "Users invited", "First plan published")
GOALS = ("Cut planning time by 20 %", "Replace spreadsheets", "One view for all sites")
SUBJECTS = {
    "email": "Re: next steps", "call": "Catch-up call", "meeting": "Quarterly review",
    "event": "Webinar: planning in peaks", "beta": "Beta round: assistant",
    "feedback": "Interview on the roadmap", "chat": "Chat about roles",
}  # fmt: skip
CHANNELS: dict[System, tuple[tuple[str, ...], tuple[int, ...]]] = {
    "salesforce": (
        ("email", "call", "meeting", "event", "beta", "feedback"),
        (40, 25, 20, 7, 4, 4),
    ),
    "hubspot": (("email", "call", "meeting"), (60, 25, 15)),
}
_MINUTES = {"call": 20.0, "meeting": 50.0, "event": 60.0, "chat": 10.0}


def interactions(history: History) -> list[Interaction]:
    """Return the interactions, oldest first, spread over CRM and marketing system."""
    systems: list[System] = [s for s in ("salesforce", "hubspot") if s in history.customer.listings]
    if not systems:
        return []
    rate = history.profile.contacts * history.rng.lognormvariate(0, 0.3)
    made = []
    for at in history.moments(lambda level: rate * (0.35 + 0.8 * level)):
        system = systems[-1] if history.rng.random() < 0.34 else systems[0]
        made.append(_interaction(history, system, at))
    return made


def _interaction(history: History, system: System, at: datetime) -> Interaction:
    rng, level = history.rng, history.level(at)
    channel = rng.choices(*CHANNELS[system])[0]
    mood = (0.12 + 0.35 * level, 0.45, 0.05 + 0.3 * (1 - level))
    two_way = channel in {"call", "meeting", "chat"}
    minutes = _MINUTES.get(channel)
    return Interaction(
        key=history.key(),
        system=system,
        at=at,
        channel=channel,
        direction="both" if two_way else rng.choices(("in", "out"), (level + 0.2, 1.0))[0],
        sentiment=rng.choices(("positive", "neutral", "negative"), mood)[0]
        if rng.random() < 0.5
        else None,
        contact=history.someone("champion", "buyer"),
        minutes=round(minutes * rng.uniform(0.5, 1.5)) if minutes else None,
        subject=SUBJECTS[channel],
    )


def surveys(history: History) -> list[Survey]:
    """Return surveys: NPS every half-year, CES and CSAT at times, the manager's pulse monthly."""
    made, rng = [], history.rng
    if "hubspot" in history.customer.listings:
        made += _asked(history, "nps", timedelta(days=182), rng.uniform(20, 180))
        made += _asked(history, "ces", timedelta(days=240), rng.uniform(10, 200))
        made += _asked(history, "csat", timedelta(days=150), rng.uniform(10, 150))
    if "salesforce" in history.customer.listings and rng.random() < 0.7:
        made += _asked(history, "pulse", timedelta(days=45), rng.uniform(5, 45))
    return sorted(made, key=lambda row: row.asked_at)


def _asked(history: History, kind: str, every: timedelta, first: float) -> list[Survey]:
    rng, made = history.rng, []
    at = history.begin + timedelta(days=first)
    while at < history.end:
        answered: datetime | None = at + timedelta(hours=rng.expovariate(1 / 30))
        own = kind == "pulse"  # our own people answer
        silent = not own and rng.random() > history.profile.answers
        if own:
            answered = at
        elif silent or (answered and answered > history.as_of):
            answered = None
        score = _score(history, kind, at) if answered else None
        made.append(
            Survey(
                key=history.key(),
                system="salesforce" if own else "hubspot",
                kind=kind,
                asked_at=at,
                at=answered,
                score=score,
                good=None if score is None else score >= (9 if kind == "nps" else 4),
                contact=None if own else history.someone("champion", "user"),
            )
        )
        at += every * rng.uniform(0.9, 1.1)
    return made


def _score(history: History, kind: str, at: datetime) -> float:
    level = history.level(at)
    if kind == "nps":
        return float(min(10, max(0, round(history.rng.gauss(2.4 + 7.4 * level, 1.6)))))
    return float(min(5, max(1, round(history.rng.gauss(1.4 + 3.6 * level, 0.8)))))


def milestones(history: History) -> list[Milestone]:
    """Return onboarding steps, first value, goals and advocacy; only Salesforce holds them."""
    customer, rng = history.customer, history.rng
    if "salesforce" not in customer.listings:
        return []
    pace = rng.lognormvariate(0.1, 0.35) * (
        1.7 - history.levels[-1 if customer.archetype == "churned" else 0]
    )
    made = [
        _milestone(history, "onboarding", name, 7 * (step + 1), 8 * (step + 1) * pace)
        for step, name in enumerate(ONBOARDING)
    ]
    made.append(_milestone(history, "first_value", "First week planned", 30, 24 * pace))
    if customer.archetype != "trial":
        for name in rng.sample(GOALS, rng.randint(1, 2)):
            met = rng.random() < 0.15 + 0.8 * history.level(history.end)
            made.append(
                _milestone(history, "goal", name, 300, rng.uniform(120, 330) if met else 9e4)
            )
    acts = history.moments(lambda level: 0.07 if level > 0.75 else 0.0)
    made += [_act(history, at) for at in acts]
    if "unknown_milestone" in customer.traps:
        made.append(_milestone(history, "qbr", "Quarterly review held", 60, 60))
    return sorted(made, key=lambda row: row.due_at)


def _milestone(history: History, kind: str, name: str, due: float, took: float) -> Milestone:
    start = history.customer.started_at
    reached = start + timedelta(days=took)
    done = reached < history.end
    worth = kind == "goal" and done
    return Milestone(
        key=history.key(),
        kind=kind,
        name=name,
        agreed_at=start,
        due_at=start + timedelta(days=due),
        reached_at=reached if done else None,
        value=round(history.customer.mrr * history.rng.uniform(4, 20), -2) if worth else None,
        currency=history.customer.currency,
    )


def _act(history: History, at: datetime) -> Milestone:
    name = history.rng.choice(("Reference call", "Case study", "Review published"))
    return Milestone(history.key(), "advocacy", name, at, at, at, None, history.customer.currency)


def outcomes(history: History) -> list[Outcome]:
    """Return what ended well or badly, oldest first."""
    customer, rng = history.customer, history.rng
    made: list[Outcome] = []
    if customer.trial_started_at and customer.archetype != "trial":
        made += _outcome(history, customer.started_at, "trial_converted", customer.mrr)
    year, at = timedelta(days=round(365.25)), customer.started_at
    while (at := at + year) < history.end:
        made += _outcome(history, at, "renewal", 0.0)
    for at in history.moments(lambda level: 0.06 if level > 0.7 else 0.01):
        made += _outcome(history, at, "upgrade", round(customer.mrr * rng.uniform(0.05, 0.2), 2))
    for at in history.moments(lambda level: 0.06 if level < 0.45 else 0.002):
        made += _outcome(history, at, "downgrade", -round(customer.mrr * rng.uniform(0.05, 0.2), 2))
    if customer.archetype == "churned" and customer.churn_at:
        told = customer.churn_at - timedelta(days=rng.randint(15, 60))
        made += _outcome(history, told, "churn_notice", 0.0)
        made += _outcome(history, customer.churn_at, "churn", -customer.mrr)
    if "churn_event_only" in customer.traps:
        made += _outcome(history, history.as_of - timedelta(days=20), "churn", -customer.mrr)
    return sorted(made, key=lambda row: row.at)


def _outcome(history: History, at: datetime, kind: str, change: float) -> list[Outcome]:
    """Return one outcome, or none where nobody records it or it is before the history."""
    crm: list[System] = [s for s in ("salesforce", "hubspot") if s in history.customer.listings]
    if not crm or at < history.begin:
        return []
    return [Outcome(history.key(), crm[0], at, kind, change, history.customer.currency)]
