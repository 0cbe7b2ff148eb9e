"""What a person decides about pairs, and what could be mapped, from the command line."""

from connectors import simulator as simulated
from tests.sync.cli.shell import Shell


def duplicate(shell: Shell) -> tuple[str, str, int]:
    """The two records of a customer that one system has twice, and how many accounts there are."""
    data = shell("match", "--json").data
    entry = next(entry for entry in data["review"] if entry["kind"] == "duplicate")
    one, other = (f"{side['connection']}:{side['ref']}" for side in entry["sides"])
    return one, other, data["accounts"]


def count(shell: Shell) -> int:
    return int(shell("match", "--json").data["accounts"])


def test_pairs_are_joined_told_apart_and_left_to_the_evidence_again(
    systems: simulated.Simulator, shell: Shell
) -> None:
    shell("pull")
    one, other, before = duplicate(shell)

    told = shell("match", "--join", one, other, "--reason", "the same people")
    assert told.code == 0
    assert "one customer" in told.out

    connection, _, ref = other.partition(":")
    app = systems.apps[connection]  # type: ignore[index]
    renamed = "Something Else Entirely"
    if connection == "salesforce":
        app.org.edit(ref, Name=renamed)  # type: ignore[attr-defined]
    else:
        app.edit(ref, "name", renamed)  # type: ignore[attr-defined]
    shell("pull")
    assert count(shell) == before - 1  # a decision survives a new name

    assert shell("match", "--apart", other, one).code == 0
    assert count(shell) == before
    assert shell("match", "--undo", one, other).code == 0
    undone = shell("match", "--undo", one, other)
    assert (undone.code, "nothing was decided" in undone.out) == (2, True)


def test_a_record_that_is_not_there_names_the_nearest(shell: Shell) -> None:
    shell("pull")
    one, *_ = duplicate(shell)
    told = shell("match", "--join", one, f"{one}x")
    assert told.code == 2
    assert one in told.out.partition("nearest")[2]
    assert shell("match", "--join", one, one).code == 2
    assert shell("match", "--join", one).code == 2


def test_sources_show_what_is_mapped_how_far_filled_and_what_is_not(shell: Shell) -> None:
    shell("pull")
    sources = shell("fields", "--sources", "--json").data["sources"]
    fields = {
        (name, offer["object"], offer["field"]): offer
        for name, offers in sources.items()
        for offer in offers
    }
    seats = fields["salesforce", "Account", "Seats__c"]
    assert seats["column"] == "seats"
    assert 0.8 < seats["filled"] <= 1
    assert fields["zendesk", "organizations", "plan"]["column"] == ""
    told = shell("fields", "--sources")
    assert told.code == 0
    assert "accounts.seats" in told.out


def test_a_source_that_does_not_answer_keeps_no_other_from_telling(
    shell: Shell,
) -> None:
    (shell.config.parent / "secrets" / "hubspot_token").write_text("expired")
    told = shell("fields", "--sources", "--json")
    assert told.code == 2
    assert set(told.data["errors"]) == {"hubspot"}
    assert {"salesforce", "zendesk"} <= set(told.data["sources"])
