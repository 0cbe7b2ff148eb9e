"""Invented names of companies and people, their legal forms and domains, and vendor ids."""

import functools
import random
import re
import string
import unicodedata
from typing import NamedTuple


class Country(NamedTuple):
    """Where a customer is.

    Attributes:
        forms: Legal forms; each as a tuple of spellings of the same form.
    """

    code: str
    share: float
    cities: tuple[str, ...]
    forms: tuple[tuple[str, ...], ...]
    domain: str
    currency: str


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


COUNTRIES = (
    Country("NL", 0.18, ("Utrecht", "Eindhoven", "Groningen", "Den Bosch"),
            (("B.V.", "BV", "b.v."), ("N.V.", "NV")), "nl", "EUR"),
    Country("DE", 0.18, ("Köln", "München", "Bremen", "Lübeck"),
            (("GmbH", "Gesellschaft mbH"), ("AG",), ("GmbH & Co. KG",)), "de", "EUR"),
    Country("DK", 0.11, ("Aarhus", "København", "Odense", "Sønderborg"),
            (("A/S", "AS", "a/s"), ("ApS",)), "dk", "DKK"),
    Country("PL", 0.11, ("Łódź", "Kraków", "Gdańsk", "Wrocław"),
            (("Sp. z o.o.", "sp z oo", "Spółka z o.o."), ("S.A.", "SA")), "pl", "PLN"),
    Country("GB", 0.13, ("Leeds", "Bristol", "Glasgow"),
            (("Ltd", "Limited", "Ltd."), ("PLC", "plc")), "co.uk", "GBP"),
    Country("US", 0.17, ("Boise", "Columbus", "Tampa", "Portland"),
            (("Inc.", "Inc", "Incorporated"), ("LLC", "L.L.C."), ("Corp.", "Corporation")),
            "com", "USD"),
    Country("FR", 0.07, ("Orléans", "Besançon", "Nîmes"),
            (("SAS", "S.A.S."), ("SARL", "S.à r.l.")), "fr", "EUR"),
    Country("SE", 0.05, ("Malmö", "Göteborg", "Umeå"), (("AB", "Aktiebolag"),), "se", "SEK"),
)  # fmt: skip

HEADS = _words("""
    Vel Tor Ka Bri Nor Lum Zan Mer Hal Dov Ost Pra Quil Ras Sel Tam Ul Ver Wyn Xen Yar Zor
    Bel Cal Dra Eld Fen Gal Hes Iv Jor Kel Lor Mon Nel Om Pel Rho Sar Tyr Ör Lü Ø Éb Čer Ża
    Gø Mü
    """)
TAILS = _words("""
    mora vik dane lin gard tec dal ris nova sund berg mar tis ven dor lia quist rona lux mir
    holt sen tara vane zik lund dera sto fjell wald ska rieux ński brück ø köp
    """)
TRADES = _words("""
    Logistics Foods Energy Textiles Robotics Insurance Studios Media Analytics Optics Pharma
    Travel Motors Paper Systems Marine Steel Dental Learning Water Seeds Homes Audio Cargo
    Instruments Ceramics Bikes Labs Freight Tools
    """)
INDUSTRIES = {
    "Logistics": "Transportation", "Cargo": "Transportation", "Freight": "Transportation",
    "Foods": "Food & Beverage", "Energy": "Energy", "Insurance": "Insurance",
    "Pharma": "Healthcare", "Dental": "Healthcare", "Media": "Media", "Audio": "Media",
    "Travel": "Hospitality", "Learning": "Education",
}  # fmt: skip
FIRST = _words("""
    Sanne Daan Ingrid Søren Małgorzata Paweł Aoife Jürgen Chloé Mette Łukasz Priya Tomás
    Hanneke Björn Amina Yusuf Klára Oisín Renée Wei Fatima Noé Zofia Emil Greta Ravi Lotte
    Anders Ewa
    """)
LAST = _words("""
    Vossendaal Brekkemoen Østerlund Kwiatnicki Haverbrook Zielarczyk Grünhagen Lemaricourt
    Fjeldborg Tannerfield Marchetvik Oudekamp Sørhavn Żurawicz Pellingate Rosvalden
    Quistgren Delacombe Nordahlsen Achterbergh Wrześniak Thistledon Bergmarken Castelnoux
    Halloway-Finch
    """)
TITLES = {
    "champion": ("Head of Operations", "Operations Manager", "Digital Lead"),
    "admin": ("System Administrator", "IT Manager"),
    "buyer": ("CFO", "Head of Procurement", "Managing Director"),
    "user": ("Planner", "Analyst", "Coordinator", "Team Lead"),
}
FREE_MAIL = ("gmail.com", "outlook.com", "web.de", "wp.pl", "yahoo.co.uk")
OWNERS = ("Ilse Vandermolen", "Jens Krogstrup", "Marta Zawilska", "Owen Garrowby", "Nadia Belhasse")

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SUFFIX = string.ascii_uppercase + "012345"
_STROKES = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ß": "ss", "æ": "ae"})


def company(number: int, rng: random.Random) -> str:
    """Return a brand name; different for every number up to about 50,000, then numbered."""
    pairs = len(HEADS) * len(TAILS)
    mixed = number * 20011 % (pairs * len(TRADES))  # 20011 is prime to the product: no repeats
    pair, trade = divmod(mixed, len(TRADES))
    stem = HEADS[pair % len(HEADS)] + TAILS[pair // len(HEADS)]
    again = number // (pairs * len(TRADES))
    more = f" {again + 1}" if again else ""
    joint = rng.choice((" ", " ", " ", " & Partners ", "-"))
    return f"{stem}{joint}{TRADES[trade]}{more}"


def slug(name: str) -> str:
    """Return a name as the label of a domain."""
    folded = unicodedata.normalize("NFKD", name.translate(_STROKES))
    plain = folded.encode("ascii", "ignore").decode().lower().replace("&", "")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def mailbox(first: str, last: str, domain: str) -> str:
    """Return an e-mail address."""
    return f"{slug(first)}.{slug(last)}@{domain}"


def salesforce_id(prefix: str, number: int) -> str:
    """Return an 18-character id: key prefix, running number in base 62, case checksum."""
    high, low = divmod(number, 62**4)
    start, checks, upper = _id_start(prefix, high)
    left, right = divmod(low, 62**2)
    left_text, left_mask = _PAIRS[left]
    right_text, right_mask = _PAIRS[right]
    last = _SUFFIX[upper | left_mask << 1 | right_mask << 3]
    return f"{start}{left_text}{right_text}{checks}{last}"


def full_id(text: str) -> str:
    """Return the 18-character form of an id of 15; anything else as it is."""
    if len(text) != 15:
        return text
    return text + "".join(_SUFFIX[_upper(text[start : start + 5])] for start in (0, 5, 10))


def _upper(text: str) -> int:
    """Return a bit mask of the capital letters in a text, the first letter lowest."""
    return sum(1 << place for place, letter in enumerate(text) if "A" <= letter <= "Z")


_PAIRS = tuple((a + b, _upper(a + b)) for a in _BASE62 for b in _BASE62)


@functools.cache
def _id_start(prefix: str, high: int) -> tuple[str, str, int]:
    """Return the first 11 characters, their two checksums, and whether the last is a capital."""
    digits = ""
    while high:
        high, rest = divmod(high, 62)
        digits = _BASE62[rest] + digits
    start = prefix + digits.rjust(8, "0")
    return start, _SUFFIX[_upper(start[:5])] + _SUFFIX[_upper(start[5:10])], _upper(start[10])
