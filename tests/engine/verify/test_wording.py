"""The tables of English by which verify tells a slip from another word."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import pytest

from quoth.engine.analysis import places
from quoth.text.wording import opposites, vocabulary
from quoth.text.wording.numbers import MAX_DIGITS, ReadNumber, read
from quoth.text.wording.opposites import are_opposite
from quoth.text.wording.spelling import american
from quoth.text.wording.vocabulary import is_common

KNOWN = vocabulary._lines().decode().splitlines()

COMMON = """
    million billion now not affect effect united untied ever never taxes organise organize colour color travelled
    president london trump clinton toronto houston nguyen smith january covid email café cafe whilst licence i a
"""
SLIPS = "thier recieve seperate definately goverment adress untill becuase occured millon tolld t ll s aa1 42"


def test_every_line_of_the_list_is_found_and_nothing_between_two_lines() -> None:
    assert [word for word in KNOWN[::11] if not is_common.__wrapped__(word)] == []
    between = [word + "qx" for word in KNOWN[::97]]
    assert [word for word in between if is_common.__wrapped__(word)] == []


@pytest.mark.parametrize("word", COMMON.split())
def test_a_common_word_or_name_is_listed(word: str) -> None:
    assert is_common(word)


@pytest.mark.parametrize("word", [*SLIPS.split(), "", "\n", "to\nto", "don’t", "\ud800"])
def test_a_slip_is_not_listed(word: str) -> None:
    assert not is_common(word)


OPPOSITE = """
    increase/decrease increased/decreasing rose/fell rises/fall up/down more/less many/few all/none always/never
    with/without before/after legal/illegal legally/illegally lawful/unlawful win/lost accept/rejected
    supports/opposes allow/ban allowed/forbidden guilty/innocent true/false right/wrong left/right open/closed
    buy/sold hired/fired first/last best/worst better/worse good/bad safe/dangerous safe/unsafe yes/no above/below
    in/out on/off over/under majority/minority maximum/minimum profits/losses imports/exports employers/employees
    friend/enemy war/peace possible/impossible able/unable agree/disagree agreed/disagreed regular/irregular
    patient/impatient hopeful/hopeless careful/careless understood/misunderstood regulated/deregulated
    denies/admitted everyone/nobody something/nothing men/women stops/starting believe/disbelieve taxable/nontaxable
"""
NOT_OPPOSITE = """
    rise/rises rose/rise deed/indeed press/impress come/income til/until ion/union its/units cover/discover
    count/discount body/antibody port/import form/inform famous/infamous take/mistake word/sword less/ful
    million/billion will/would house/home legal/lawful flammable/inflammable valuable/invaluable
"""


@pytest.mark.parametrize("pair", OPPOSITE.split())
def test_opposites_are_opposite_in_both_directions(pair: str) -> None:
    one, other = pair.split("/")
    assert are_opposite(one, other)
    assert are_opposite(other, one)


@pytest.mark.parametrize("pair", NOT_OPPOSITE.split())
def test_other_words_are_not_opposite(pair: str) -> None:
    one, other = pair.split("/")
    assert not are_opposite(one, other)
    assert not are_opposite(other, one)


def test_no_word_stands_on_both_sides_of_one_line() -> None:
    assert [word for word, sides in opposites._table().items() if any(-side in sides for side in sides)] == []


def test_no_word_of_the_table_is_misspelt() -> None:
    """The regular forms of a word include strings that are no words, but the first one is always one."""
    lines = f"{opposites._VERBS}{opposites._NOUNS}{opposites._OTHERS}".replace("|", " ").replace("/", " ").split()
    assert [word for word in lines if not is_common(word)] == []


VARIANTS = """
    colour/color colourful/colorful neighbours/neighbors labour/labor organise/organize organisation/organization
    analysed/analyzed centre/center theatres/theaters centred/centered defence/defense licence/license
    travelled/traveled counsellor/counselor programme/program grey/gray judgement/judgment learnt/learned whilst/while
    amongst/among towards/toward manoeuvre/maneuver paediatric/pediatric mum/mom maths/math okay/ok advisers/advisors
    enrol/enroll fulfil/fulfill ageing/aging sceptic/skeptic ploughs/plows aluminium/aluminum moustache/mustache
    foetus/fetus haemorrhage/hemorrhage jewellery/jewelry cheques/checks tyres/tires practising/practicing
"""
TWO_WORDS = """
    prise/prize apprise/apprize filled/filed refilled/refiled ensure/insure hour/hor four/for rise/rize wise/wize
    council/counsel affect/effect principal/principle personal/personnel moral/morale beside/besides forward/forwards
    analysis/analyses haem/hem poled/polled desert/dessert censor/censure tour/tor advise/advice device/devise
"""


@pytest.mark.parametrize("pair", VARIANTS.split())
def test_british_and_american_spelling_are_one(pair: str) -> None:
    one, other = pair.split("/")
    assert american(one) == american(other)


@pytest.mark.parametrize("pair", TWO_WORDS.split())
def test_two_words_never_become_one(pair: str) -> None:
    one, other = pair.split("/")
    assert american(one) != american(other)


def test_every_common_word_has_one_spelling_that_stays() -> None:
    """At most four spellings are one, since "foetid" and "fetid" are; words with one spelling keep it."""
    spelt: dict[str, set[str]] = defaultdict(set)
    for word in KNOWN:
        spelt[american(word)].add(word)
    assert [word for word in spelt if american(word) != word] == []
    assert {word: variants for word, variants in spelt.items() if len(variants | {word}) > 3} == {}


def numbers(text: str) -> list[ReadNumber]:
    return read(text, places(text))


def values(text: str) -> list[str]:
    return [f"{number.value} {number.unit}".strip() for number in numbers(text)]


# Each line is one number in several writings.
WRITINGS = """
30: 30, thirty, 030, 30.0
31: 31, thirty-one, thirty one
120: one hundred and twenty, one hundred twenty, a hundred and twenty, 120
100: a hundred, one hundred, 1 hundred
12: a dozen, one dozen, twelve
6: half a dozen, six
30000: 30,000, 30 000, 30 000, thirty thousand, 30 thousand, 30-thousand, 30k
1200000: 1.2 million, 1,200,000, one point two million, one million two hundred thousand
1500000: one and a half million, 1.5 million, 1.5-million
500000: half a million, 500,000, five hundred thousand
1500: fifteen hundred, 1,500, one thousand five hundred
1001: a thousand and one, 1,001
250000: two hundred and fifty thousand, 250,000
2016: two thousand sixteen, two thousand and sixteen, 2016
1200000000 dollars: $1.2 billion, $1.2bn, $1.2b, $1.2 bn, US$1.2 billion
1200000 pounds: £1.2m, £1.2 m, £1,200,000
5 euros: €5, 5€
14 percent: 14%, 14 %, 14 percent, 14 per cent, fourteen per cent
0.5 percent: .5%, 0.5 percent
-5: -5, −5, minus 5, minus five
21st: 21st, twenty-first, twenty first
101st: 101st, one hundred and first
1990s: 1990s, 1990's, 1990’s
"""


@pytest.mark.parametrize("line", WRITINGS.strip().splitlines())
def test_a_number_has_one_value_however_it_is_written(line: str) -> None:
    value, writings = line.split(": ")
    assert {writing: values(f"about {writing} of them") for writing in writings.split(", ")} == {
        writing: [value] for writing in writings.split(", ")
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in 2015 300 people", ["2015", "300"]),
        ("in 2015, 300 people", ["2015", "300"]),
        ("one two three", ["1", "2", "3"]),
        ("twenty sixteen", ["20", "16"]),
        ("between one hundred and two hundred", ["100", "200"]),
        ("between one thousand and two thousand", ["1000", "2000"]),
        ("one million, two million", ["1000000", "2000000"]),
        ("24/7, 9-11, 10:30", ["24", "7", "9", "11", "10", "30"]),
        ("20-year-olds", ["20"]),
        ("the nineties and the '90s", ["1990s", "1990s"]),
        ("a man in his nineties", []),
        ("a dozen dozens, an hour, a few hundred, half a day", ["12"]),
        ("5g at 10am, 3.5.1, covid19, 5², ½", []),
        ("1.2m long", []),
        ("... .5", ["0.5"]),
        ("the end.5", []),
        ("", []),
    ],
)
def test_separate_numbers_stay_apart_and_what_is_unclear_is_left(text: str, expected: list[str]) -> None:
    assert values(text) == expected


def test_a_number_covers_its_words_and_its_signs() -> None:
    text = "Yes, $1.2 billion or 14 per cent."
    assert [(text[n.start : n.end], n.first, n.last) for n in numbers(text)] == [
        ("$1.2 billion", 1, 3),
        ("14 per cent", 4, 7),
    ]


def test_figures_without_end_are_left_alone() -> None:
    long = "1" * (MAX_DIGITS + 1)
    grouped = ",".join(["1", *["000"] * MAX_DIGITS])
    assert values(f"{long} or {grouped} or 7") == ["7"]
    assert values("9" * MAX_DIGITS + " trillion") == ["9" * MAX_DIGITS + "0" * 12]


@pytest.mark.parametrize(
    "word", ["minus", "one", "twenty", "hundred", "and", "million", "point", "a", "half", "1", "1,000"]
)
def test_many_words_of_numbers_take_no_time_and_no_depth(word: str) -> None:
    """Each number is a run of the words, behind the one before it."""
    found = numbers(f"{word} " * 3000)
    assert all(one.last <= other.first and one.first < one.last for one, other in pairwise(found))
