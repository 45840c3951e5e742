"""The tables of English by which verify tells a slip from another word."""

from __future__ import annotations

from collections import defaultdict

import pytest

from quoth.text.wording import opposites, vocabulary
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
