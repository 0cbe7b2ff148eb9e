import math
from io import BytesIO

import pytest
from requests import Response

from connectors.decoding import decode_json
from connectors.errors import TransientError


def answer(body, **headers):
    response = Response()
    response.status_code, response.raw = 200, BytesIO(body)
    response.headers.update(headers)
    response.encoding = "latin-1"
    return response


def test_an_emoji_that_was_cut_in_two_is_no_end_of_the_page():
    assert decode_json(answer(b'["ok \\ud83d\\ude00", "cut \\ud83d"]')) == [
        "ok \U0001f600",
        "cut ?",
    ]


def test_what_is_not_quite_json_is_read_all_the_same():
    assert math.isnan(decode_json(answer(b"[NaN]"))[0])
    assert decode_json(answer(b"\xef\xbb\xbf[1]")) == [1]
    assert decode_json(answer(b'["caf\xe9"]')) == ["caf\xe9"]


def test_a_page_that_breaks_off_is_fetched_again():
    with pytest.raises(TransientError, match="cut off"):
        decode_json(answer(b'{"results": [{"id": 1}'))
