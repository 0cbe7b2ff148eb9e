from datetime import datetime

import pytest

from scoring.dialects import DIALECTS, DUCKDB
from scoring.expressions import ExpressionError, columns, parse
from scoring.render import Scope, condition

NAMES = {
    "kind": ('"kind"', "string"),
    "n": ('"n"', "integer"),
    "good": ('"good"', "boolean"),
    "at": ('"at"', "time"),
    "tags": ('"tags"', "strings"),
    "account.plan": ('"account.plan"', "string"),
}


def sql(text: str, dialect: str = "duckdb") -> str:
    return condition(parse(text), Scope(DIALECTS[dialect], NAMES, '"end"'))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind = 'nps'", "(\"kind\" = 'nps')"),
        ("n != 3", '("n" <> 3e0)'),
        ("n >= -0.5", '("n" >= -0.5e0)'),
        ("kind in ('a', 'b')", "((\"kind\" = 'a') OR (\"kind\" = 'b'))"),
        ("kind not in ('a')", "(NOT ((\"kind\" = 'a')))"),
        ("at is null", '("at" IS NULL)'),
        ("at is not null", '("at" IS NOT NULL)'),
        ("not good", '(NOT "good")'),
        ("not not good", '"good"'),
        ("good = false", '("good" = FALSE)'),
        ("n = 1 or n = 2 and good", '(("n" = 1e0) OR (("n" = 2e0) AND "good"))'),
        ("(n = 1 or n = 2) and good", '((("n" = 1e0) OR ("n" = 2e0)) AND "good")'),
        ("at <= as_of", '("at" <= "end")'),
        ("at <= as_of - 48h", '("at" <= ("end" - INTERVAL \'2\' DAY))'),
        ("at <= as_of - 5h", '("at" <= ("end" - INTERVAL \'18000\' SECOND))'),
        ("at < as_of + 1w", '("at" < ("end" + INTERVAL \'7\' DAY))'),
        ("at > '2026-01-31'", "(\"at\" > TIMESTAMP '2026-01-31 00:00:00')"),
        ("account.plan = 'x'", "(\"account.plan\" = 'x')"),
        (
            "KIND = 'a' AND n IS NULL".replace("KIND", "kind"),
            '(("kind" = \'a\') AND ("n" IS NULL))',
        ),
    ],
)
def test_an_expression_becomes_sql(text: str, expected: str) -> None:
    assert sql(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a column or a value expected at character 1"),
        ("n =", "a column or a value expected"),
        ("n = 1 n = 2", "and, or, or the end expected at character 7"),
        ("(n = 1", "\\) expected"),
        ("n in ()", "a column or a value expected"),
        ("n in (n)", "a list of constants expected"),
        ("n is 3", "null expected"),
        ("n not 3", "in expected"),
        ("kind = 'open", 'cannot read "\'open" at character 8'),
        ("n = 1; drop table x", "cannot read '; drop table x'"),
        ("n = 1 -- note", "and, or, or the end"),
        ("upper(kind) = 'A'", "and, or, or the end expected at character 6"),
        ("at > as_of - 3", "a duration"),
        ("(" * 60 + "good" + ")" * 60, "nested more than 40 deep"),
        ("n = 1 or " * 600 + "good", "longer than 4000 characters"),
    ],
)
def test_what_is_no_expression_says_where(text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind = 3", "kind \\(string\\) cannot be compared with 3"),
        ("n = 'x'", "cannot be compared"),
        ("good = 1", "cannot be compared"),
        ("at > 'soon'", "'soon' is no time"),
        ("at = n", "cannot be compared"),
        ("tags = tags", "is a list"),
        ("n", "a condition is expected, not n by itself"),
        ("missing = 1", "no such name: missing"),
    ],
)
def test_values_that_cannot_be_compared_are_refused(text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        sql(text)


def test_quotes_in_names_and_texts_stay_inside_their_quotes() -> None:
    expr = parse("\"odd \"\" name\" = 'it''s; --'")
    assert columns(expr) == ['odd " name']
    scope = Scope(DUCKDB, {'odd " name': (DUCKDB.quote('odd " name'), "string")}, "now")
    assert condition(expr, scope) == "(\"odd \"\" name\" = 'it''s; --')"


def test_backslashes_do_not_escape_the_quote_on_spark() -> None:
    assert DIALECTS["spark"].text("a\\' or 1=1") == "'a\\\\'' or 1=1'"
    assert DIALECTS["spark"].quote("a`b") == "`a``b`"


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e300, -2.5e-7, 3.0, 0.0])
def test_numbers_read_back_exactly(value: float) -> None:
    assert float(DUCKDB.number(value)) == value


def test_a_time_with_a_zone_is_written_in_utc() -> None:
    assert (
        DUCKDB.time(datetime.fromisoformat("2026-01-01T01:00:00+02:00"))
        == "TIMESTAMP '2025-12-31 23:00:00'"
    )
