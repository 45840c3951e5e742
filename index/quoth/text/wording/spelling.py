"""British and American spelling: one spelling for both, to compare words by.

By tables and rules. A rule applies only if it makes a common word, so "advise" stays, and never where the two spellings
are two words: "prise" is not "prize". A name is spelt as its bearer spells it: compare names as they are.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache, lru_cache

from quoth.text.wording.vocabulary import is_common

# British or older spelling = the American or shorter one. The forms of a noun or verb follow, where they are regular.
_WORDS = """
    abridgement=abridgment acknowledgement=acknowledgment judgement=judgment lodgement=lodgment fledgeling=fledgling
    advisor=adviser protestor=protester impostor=imposter conjuror=conjurer defence=defense offence=offense
    licence=license pretence=pretense gramme=gram kilogramme=kilogram tonnage=tonnage grey=gray plough=plow
    snowplough=snowplow tyre=tire kerb=curb cheque=check draught=draft storey=story gaol=jail sceptic=skeptic
    sulphur=sulfur mould=mold moult=molt smoulder=smolder cosy=cozy baulk=balk cypher=cipher artefact=artifact
    aluminium=aluminum moustache=mustache whisky=whiskey yoghurt=yogurt doughnut=donut disc=disk enquiry=inquiry
    despatch=dispatch mum=mom tsar=czar blonde=blond mollusc=mollusk carburettor=carburetor furore=furor
    omelette=omelet pedlar=peddler pyjama=pajama racoon=raccoon catalogue=catalog dialogue=dialog analogue=analog
    jewellery=jewelry councillor=councilor counsellor=counselor traveller=traveler enrolment=enrollment
    instalment=installment fulfilment=fulfillment centre=center theatre=theater metre=meter litre=liter fibre=fiber
    sabre=saber spectre=specter calibre=caliber lustre=luster sepulchre=sepulcher mitre=miter
    amphitheatre=amphitheater kilometre=kilometer centimetre=centimeter millimetre=millimeter epicentre=epicenter
    reconnoitre=reconnoiter manoeuvre=maneuver outmanoeuvre=outmaneuver enrol=enroll fulfil=fulfill instil=instill
    distil=distill appal=appall enthral=enthrall practise=practice enquire=inquire behove=behoove
"""
# Spellings without other forms.
_SINGLE = """
    ageing=aging afterwards=afterward backwards=backward upwards=upward downwards=downward inwards=inward
    outwards=outward onwards=onward homewards=homeward eastwards=eastward westwards=westward northwards=northward
    southwards=southward towards=toward whilst=while amongst=among amidst=amid okay=ok maths=math learnt=learned
    dreamt=dreamed spelt=spelled misspelt=misspelled burnt=burned leapt=leaped leant=leaned spoilt=spoiled
    smelt=smelled spilt=spilled centring=centering centrings=centerings manoeuvrable=maneuverable
    manoeuvrability=maneuverability manoeuvrings=maneuverings axe=ax programme=program programmes=programs
    phoney=phony phoneys=phonies chilli=chili chillies=chilies fibreglass=fiberglass defenceless=defenseless
    offenceless=offenseless sceptical=skeptical sceptically=skeptically scepticism=skepticism likeable=likable
    loveable=lovable liveable=livable saleable=salable sizeable=sizable useable=usable moveable=movable
    unshakeable=unshakable skilful=skillful skilfully=skillfully wilful=willful wilfully=willfully
    unskilful=unskillful woollen=woolen woollens=woolens marvellous=marvelous marvellously=marvelously meagre=meager
    sombre=somber focussed=focused focusses=focuses focussing=focusing benefitted=benefited benefitting=benefiting
    combatted=combated combatting=combating targetted=targeted targetting=targeting biassed=biased
    kidnaped=kidnapped kidnaper=kidnapper kidnapers=kidnappers kidnaping=kidnapping worshiped=worshipped
    worshiper=worshipper worshipers=worshippers worshiping=worshipping programer=programmer programers=programmers
    programed=programmed programing=programming multicoloured=multicolored speciality=specialty
    specialities=specialties orientated=oriented disorientated=disoriented naïve=naive fiancé=fiance fiancée=fiancee
"""
# Written as one word or as two, with the same meaning.
TWO_WORDS = frozenset(
    (first, second)
    for first, _, second in (
        word.partition("+")
        for word in """
        any+more any+time any+one every+one some+one e+mail on+line off+line web+site web+page home+page health+care
        child+care day+care can+not per+cent good+bye non+profit policy+maker policy+makers law+maker law+makers
        world+wide nation+wide state+wide city+wide country+wide long+time full+time part+time co+operate co+operation
        mid+term mid+terms front+runner front+runners take+over set+up work+place market+place smart+phone video+game
        air+strike air+strikes battle+ground boy+friend girl+friend
        """.split()
    )
)
ONE_OR_TWO = frozenset(map("".join, TWO_WORDS))
# With a hyphen another word than without: to re-sign is not to resign.
HYPHEN_DIVIDES = frozenset(
    """
    resign resigns resigned resigning recover recovers recovered recovering reform reforms reformed reforming recreate
    recreation represent represents represented resort resorts resorted relay relays relayed release releases released
    remark remarks remarked repress recount recounts redress reserve reserves reserved retreat retreats retreated react
    reacts reacted reacting recollect rebound unionized coop
    """.split()
)
# Stems in which "our" is "or", whatever follows or stands before: colourful, misbehaviour, neighbourhood.
_OUR = """
    arb ard arm behavi cand clam col demean enam endeav fav ferv flav glam harb hon hum lab misdemean neighb od parl
    ranc rig rum sav savi splend succ tum val vap vig
"""
# Verbs that double their l before an ending in British spelling alone.
_DOUBLED_L = """
    apparel bevel bedevil cancel carol cavil channel chisel control counsel cudgel devil dial dishevel drivel duel
    empanel enamel equal fuel funnel gambol gravel grovel hovel initial imperil jewel kernel label level libel
    marshal marvel metal model outrival panel parcel pedal pencil peril pummel quarrel ravel refuel remodel revel
    rival shovel shrivel signal snivel spiral squirrel stencil swivel tassel total towel trammel travel tunnel
    unravel victual weasel yodel
"""
_AFTER_L = ("ed", "ing", "er", "ers", "or", "ors", "ings")
# The beginnings of words from Greek that British spelling writes with "ae" and "oe".
_DIGRAPHS = """
    anaem=anem anaesth=anesth archaeo=archeo caesarean=cesarean caesarian=cesarean diarrhoea=diarrhea
    dyspnoea=dyspnea encyclopaed=encycloped faec=fec foet=fet gonorrhoea=gonorrhea gynaec=gynec haema=hema
    haemo=hemo homoeo=homeo hypoglycaem=hypoglycem ischaem=ischem leukaem=leukem mediaev=mediev oedema=edema
    oesoph=esoph oestr=estr orthopaed=orthoped paed=ped palaeo=paleo septicaem=septicem toxaem=toxem primaev=primev
    amoeb=ameb
"""
# Two words, of which only one is spelt so in both countries.
_STAY = frozenset("prise prised prises prising apprise apprised apprises apprising".split())

# What may stand before these.
_PREFIXED = "anti|bio|neo|non|post|pre|psycho|un"

_ISE = re.compile(r"(.{2,}[iy])s(e|es|ed|er|ers|ing|able|ation|ations|ational)")
_OUR_WORD = re.compile(rf"((?:dis|mis|un|re|multi|bi|water)?(?:{'|'.join(_OUR.split())}))our((?!s?e$).*)")


@lru_cache(maxsize=1 << 16)
def american(word: str) -> str:
    """Return one spelling for all spellings of a word in lower case, the American one as a rule.

    >>> " ".join(map(american, "colourful neighbours organising analysed theatre defences travelled whilst".split()))
    'colorful neighbors organizing analyzed theater defenses traveled while'
    >>> " ".join(map(american, "rise hour filled tour advised prise paediatrician".split()))
    'rise hour filled tour advised prise pediatrician'
    """
    if "ll" in word and (found := _with_one_l(word)) is not None:
        return found
    if (found := _spelt().get(word)) is not None:
        return found
    if ("ae" in word or "oe" in word) and (match := _digraphs().match(word)):
        word = f"{match[1] or ''}{_pairs(_DIGRAPHS)[match[2]]}{word[match.end() :]}"
    if "our" in word and (match := _OUR_WORD.fullmatch(word)):
        word = f"{match[1]}or{match[2]}"
    may_be_ise = ("is" in word or "ys" in word) and word not in _STAY
    if may_be_ise and (match := _ISE.fullmatch(word)) and is_common(f"{match[1]}z{match[2]}"):
        word = f"{match[1]}z{match[2]}"
    return word


def _with_one_l(word: str) -> str | None:
    """Return the American spelling of a verb that British spelling doubles the l of, `None` for any other word.

    >>> _with_one_l("travelled"), _with_one_l("controlled"), _with_one_l("filled")
    ('traveled', None, None)
    """
    match = _doubled().fullmatch(word)
    return f"{match[1]}{match[2]}" if match and is_common(f"{match[1]}{match[2]}") else None


@cache
def _spelt() -> dict[str, str]:
    """Return the American spelling of each form of the words that are listed one by one."""
    table = _pairs(_SINGLE).copy()
    for british, us in _pairs(_WORDS).items():
        table.update(zip(_forms(british), _forms(us), strict=True))
    return table


def british(stem: str) -> Iterator[str]:
    """Yield beginnings of words in British spelling, where they lack the first letters of their American stem.

    >>> list(british("neighborhood")), list(british("hemoglobin")), list(british("gray"))[:2], list(british("land"))
    (['neighbo'], ['haemo'], ['grey', 'greyed'], [])
    """
    head = stem[:-1] or stem
    if 0 < (place := stem.find("or")) < len(head) - 1:
        yield stem[: place + 1]
    if match := _american_digraphs().match(stem):
        yield from (f"{match[1] or ''}{one}" for one, us in _pairs(_DIGRAPHS).items() if us == match[2])
    pairs = _by_american()
    for us, one in pairs[bisect_left(pairs, (head,)) :]:
        if not us.startswith(head):
            break
        if not one.startswith(head):
            yield one
    for word in _DOUBLED_L.split():
        # Most stems end before the second l, so few of these words are looked up.
        if head.startswith(word) and len(head) > len(word):
            doubled = (f"{word}l{ending}" for ending in _AFTER_L if f"{word}{ending}".startswith(head))
            yield from (one for one in doubled if _with_one_l(one))


@cache
def _by_american() -> list[tuple[str, ...]]:
    return sorted((us, one) for one, us in _spelt().items())


@cache
def _american_digraphs() -> re.Pattern[str]:
    return re.compile(f"({_PREFIXED})?({'|'.join(_pairs(_DIGRAPHS).values())})")


def _forms(word: str) -> tuple[str, ...]:
    """Return a word with its regular endings; some of them are no words.

    >>> _forms("enquiry")[:3], _forms("practise")[1:]
    (('enquiry', 'enquiries', 'enquiried'), ('practises', 'practised', 'practising', 'practiser', 'practisers'))
    """
    if word.endswith("e"):
        stem, endings = word[:-1], ("e", "es", "ed", "ing", "er", "ers")
    elif word.endswith("y") and word[-2] not in "aeiou":
        stem, endings = word[:-1], ("y", "ies", "ied", "ying", "ier", "iers")
    else:
        stem, endings = word, ("", "s", "ed", "ing", "er", "ers")
    return tuple(stem + ending for ending in endings)


@cache
def _pairs(table: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in table.split())


@cache
def _digraphs() -> re.Pattern[str]:
    return re.compile(f"({_PREFIXED})?({'|'.join(_pairs(_DIGRAPHS))})")


@cache
def _doubled() -> re.Pattern[str]:
    return re.compile(f"({'|'.join(_DOUBLED_L.split())})l({'|'.join(_AFTER_L)})")
