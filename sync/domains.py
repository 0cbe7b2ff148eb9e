"""Web and e-mail domains as match keys: registrable, and only those that say who it is."""

import re
from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

from .lists import words_of

SAYS_NOTHING = words_of("free_mail", "disposable", "placeholder", "shared_hosts")
"""Registrable domains that do not tell whose they are."""
BLANKS = words_of("blanks") | {"#n/a"}
HASHED_BLANKS = frozenset(
    {
        "d41d8cd98f00b204e9800998ecf8427e",  # md5 of nothing
        "37a6259cc0c1dae299a7866489dff0bd",  # md5 of "null"
        "6adf97f83acf6453d4a6a4b1070f3754",  # md5 of "None"
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",  # sha1 of nothing
        "2be88ca4242c76e8253ac62474851065032d6833",  # sha1 of "null"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",  # sha256 of nothing
        "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b",  # sha256 of "null"
    }
)
_HOST = re.compile(
    r"^(?:[a-z][a-z0-9+.-]*://|mailto:|//)?(?:[^/@?#]*@)?([^/:?#\s]+)", re.IGNORECASE
)

_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")
"""What stands for a dot in an internationalized name (RFC 3490, section 3.1)."""


def blank(value: str | None) -> bool:
    """Whether a value stands for none: empty, a placeholder word, or the hash of one."""
    if value is None:
        return True
    text = value.strip().lower()
    return not text or text in BLANKS or text in HASHED_BLANKS


@lru_cache(maxsize=1 << 19)
def registrable(value: str) -> str | None:
    """Return the registrable domain in an address, URL or host; None if there is none.

    Lower case, in Unicode (IDN decoded), without scheme, user, port, path and subdomains.
    """
    if blank(value):
        return None
    found = _HOST.match(value.strip())
    if found is None:
        return None
    return _suffixes().privatesuffix(_decoded(found[1].translate(_DOTS).strip(".").lower()))


@cache
def _suffixes() -> PublicSuffixList:
    """Return the copy of the list inside its package, without what companies added for guests."""
    return PublicSuffixList(accept_unknown=False, accept_encoded_idn=False, only_icann=True)


def _decoded(host: str) -> str:
    try:
        return ".".join(
            label.encode("ascii").decode("idna") if label.startswith("xn--") else label
            for label in host.split(".")
        )
    except UnicodeError:
        return host


def label(domain: str) -> str:
    """Return the part of a registrable domain before its public suffix."""
    return domain.partition(".")[0]
