"""Words that mean the opposite of each other: by a table, by prefix, by -ful and -less.

Only words of the news. The table may call two words opposite that are merely contrary (love and hate), and any form of
a word is the opposite of any form of the other: who said "it rose" did not say "it will fall".
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from quoth.text.wording.vocabulary import is_common

# Each word left of a bar is the opposite of each right of it. A slash joins the forms that no rule makes.
_VERBS = """
increase raise rise/rose/risen grow/grew/grown gain climb boost expand soar surge double strengthen escalate accelerate
  | decrease reduce fall/fell/fallen shrink/shrank/shrunk/shrunken lose/lost drop cut decline plunge slump halve weaken
    lower diminish slow slash tumble
ascend | descend
win/won | lose/lost
accept | reject refuse decline
approve | reject disapprove veto
support back favour favor endorse | oppose resist
allow permit let authorise authorize | forbid/forbade/forbidden ban prohibit bar prevent block outlaw
legalise legalize | ban outlaw criminalise criminalize
include | exclude
accept admit acknowledge confess confirm | deny
affirm | deny
confirm | refute retract
agree | disagree differ
praise applaud welcome | criticise criticize condemn denounce blame
love like adore | hate dislike loathe despise
trust | distrust mistrust doubt suspect
believe/believing | doubt
respect | despise
defend protect | attack
attack invade | retreat withdraw/withdrew/withdrawn
advance | retreat
build/built construct create make/made | destroy demolish
save rescue | kill abandon
create | abolish
keep/kept | lose/lost break/broke/broken abandon
remember | forget/forgot/forgotten
buy/bought purchase | sell/sold
hire employ appoint | fire sack dismiss
promote | demote
borrow | lend/lent
lend/lent | borrow
earn save | spend/spent
give/gave/given | take/took/taken receive
send/sent | receive
open | close shut
start begin/began/begun launch open | stop end finish close halt conclude cease
continue go/went/gone | stop
start | finish
enter arrive come/came | leave/left exit depart go/went/gone
stay remain | leave/left go/went/gone
appear | disappear vanish
join | leave/left quit
connect unite join | disconnect divide separate split
attach | detach
lock | unlock
load | unload
add | subtract remove
multiply | divide
import | export
immigrate | emigrate
insert | remove
push | pull
succeed | fail
pass | fail
help aid assist | hinder hurt harm
heal cure | injure wound hurt
improve | worsen deteriorate
encourage | discourage
convict | acquit
condemn | acquit pardon
arrest imprison jail | release free
free liberate | enslave imprison capture
live survive | die/died/dying perish
laugh smile | cry weep/wept frown
ask question | answer reply
lead/led | follow
speak/spoke/spoken | listen
wake/woke/woken | sleep/slept
hide/hid/hidden conceal | reveal show/shown expose disclose
tell/told | conceal
arm | disarm
obey | disobey defy
enable | disable
qualify | disqualify
prove | disprove
attract | repel
simplify | complicate
exaggerate overstate | understate
overestimate | underestimate
overvalue | undervalue
inflate | deflate
maximise maximize | minimise minimize
shorten | lengthen
heat warm | cool chill
freeze/froze/frozen | thaw melt
fill | empty
empty | fill
rise/rose/risen stand/stood | sit/sat
float | sink/sank/sunk
require oblige | exempt
forgive/forgave/forgiven pardon | blame punish
reward | punish
cause | prevent
deserve | forfeit
hope | fear despair
ratify sign | repeal rescind
enact | repeal
nationalise nationalize | privatise privatize
regulate | deregulate
centralise centralize | decentralise decentralize
stabilise stabilize | destabilise destabilize
escalate | deescalate
"""

_NOUNS = """
majority | minority
maximum/maxima | minimum/minima
profit gain | loss/losses
surplus/surpluses | deficit shortage
asset | liability
credit | debit
income revenue | expense expenditure
supply | demand
employer | employee
buyer | seller
lender | borrower
landlord | tenant
teacher | student pupil
winner | loser
friend ally | enemy foe
supporter advocate proponent | opponent critic
support | opposition
war conflict | peace
attack | defence defense
victory win triumph | defeat loss/losses
success/successes | failure
truth | lie/lies falsehood
fact | fiction
love | hate hatred
hope | despair
life/lives | death
birth | death
beginning start | end ending
entrance | exit
arrival | departure
top | bottom
height | depth
front | back rear
north | south
east | west
northeast | southwest
northwest | southeast
day | night
morning | evening
summer | winter
boom | bust
growth expansion | recession contraction
increase rise gain growth | decrease decline drop fall cut reduction
advantage | disadvantage
benefit | harm drawback cost
strength | weakness/weaknesses
approval | disapproval
acceptance | refusal rejection
agreement | disagreement
permission | prohibition ban
inclusion | exclusion
import | export
question | answer
cause | effect
problem | solution
optimist | pessimist
optimism | pessimism
democrat | republican
liberal | conservative
freedom liberty | slavery captivity
rich | poor
hero/heroes | villain coward
victim | perpetrator
prosecution | defence defense
conviction | acquittal
guilt | innocence
order | chaos disorder
safety | danger
man/men | woman/women
boy | girl
husband | wife/wives
father dad | mother mum mom
son | daughter
brother | sister
uncle | aunt
king | queen
he/him/his/himself | she/her/hers/herself
male | female
parent | child/children
adult | child/children
ancestor | descendant
predecessor | successor
past | future
heaven | hell
wealth | poverty
presence | absence
quantity | quality
noise | silence
courage bravery | cowardice
virtue | vice
inflation | deflation
"""

_OTHERS = """
up | down
upward upwards | downward downwards
more | less fewer
most | least fewest
many | few
much | little
all every everyone everybody everything | none no
any some someone somebody something anyone anybody anything | none no nobody nothing
everyone everybody someone somebody anyone anybody | nobody
everything something anything | nothing
everywhere somewhere anywhere | nowhere
always ever often frequently usually | never
always often frequently usually | rarely seldom hardly
both either | neither
both | none
or | nor
and | or
with | without
for pro | against anti
before previously earlier | after afterwards later
since | until
above over | below under beneath
over | under
in into inside within | out outside
indoor indoors | outdoor outdoors
internal inner domestic | external outer foreign
on onto | off
to toward towards | from
forward forwards ahead | back backward backwards behind
here | there
this these | that those
now | then later
today | yesterday tomorrow
tomorrow | yesterday
yes | no
true truthful | false untrue
truly | falsely
right correct | wrong incorrect
rightly correctly | wrongly incorrectly
right | left
good great excellent | bad terrible awful evil
better | worse
best | worst
well | badly poorly
first | last
former | latter
early earlier earliest | late later latest
new newer newest | old older oldest
young younger youngest | old older oldest
modern | ancient
recent | ancient
big bigger biggest large larger largest huge | small smaller smallest little tiny
great greater greatest | small smaller smallest
major | minor
high higher highest | low lower lowest
highly | barely
tall taller tallest | short shorter shortest
long longer longest | short shorter shortest
wide wider widest broad | narrow narrower narrowest
deep deeper | shallow
thick thicker | thin thinner
heavy heavier heaviest | light lighter lightest
heavily | lightly
fast faster fastest quick quicker quickly rapid rapidly | slow slower slowest slowly
hot hotter hottest warm warmer warmest | cold colder coldest cool cooler coolest
wet wetter | dry drier
hard harder hardest difficult | easy easier easiest simple
tough tougher | easy easier soft softer weak lenient
hard | soft
strong stronger strongest | weak weaker weakest
strongly | weakly
strict stricter tight tighter | loose looser lax
rich richer richest wealthy | poor poorer poorest
expensive | cheap cheaper
full | empty
near nearer nearby close closer | far farther further distant
open | closed shut
public publicly | private privately
safe safer safely secure | dangerous dangerously unsafe risky
guilty | innocent
alive living | dead
healthy | sick ill unhealthy
happy glad | sad sorry unhappy
calm | angry
optimistic | pessimistic
proud | ashamed
brave | cowardly
kind | cruel
wise smart clever | stupid foolish
clean | dirty
clear | unclear vague
bright | dark
light | dark
black | white
loud louder | quiet quieter silent
rough | smooth
sharp | blunt
raw | cooked
fresh | stale
busy | idle
rare rarely | common frequent commonly
general | specific
temporary temporarily | permanent permanently
voluntary voluntarily | compulsory mandatory
optional | mandatory compulsory required
natural | artificial
real genuine | fake false
positive positively | negative negatively
active | passive
direct directly | indirect indirectly
friendly | hostile
peaceful peacefully | violent violently
liberal | conservative
progressive | conservative
democratic | undemocratic authoritarian
capitalist | communist socialist
urban | rural
northern | southern
eastern | western
eastbound | westbound
northbound | southbound
maximum | minimum
single | married
married | divorced
pregnant | barren
male | female
vertical | horizontal
superior | inferior
senior | junior
prior | subsequent
upper | lower
top | bottom
front | rear back
final | initial
possible | impossible
likely | unlikely
certain sure | uncertain unsure doubtful
certainly definitely | hardly
completely totally fully entirely wholly | partly partially
exactly | approximately roughly
almost nearly | exactly
together | apart separately
alone | together
same | different
similar | different
equal | different
present | absent
visible | invisible hidden
profitable | unprofitable
pro | anti
prewar | postwar
can could will would shall should must may might do did does | cannot
"""

# By prefix: the words that the prefix turns round. "un" and "non" do so with nearly all, the others with these only:
# "indeed", "impress" and "default" mean nothing of the kind.
_PREFIXED = {
    "in": """
        ability accessible accuracy accurate action active activity adequacy adequate admissible advisable appropriate
        articulate attention attentive audible calculable capable capacity coherence coherent comparable compatible
        competence competent complete comprehensible conceivable conclusive consequential considerate consistency
        consistent convenience convenient correct credible curable decency decent decision decisive defensible definite
        dependence dependent destructible digestible dignity direct discreet discriminate dispensable distinct divisible
        edible effective efficiency efficient elegant eligible equality equity exact excusable exhaustible expensive
        experience explicable fallible fertile fertility fidelity finite flexibility flexible formal formality frequent
        gratitude human humane humanity hospitable justice offensive operable organic sane sanity secure security
        sensitive sensitivity separable significance significant sincere sincerity solvency solvent stability sufficient
        tangible tolerable tolerance tolerant valid validity variable visible visibility voluntary vulnerable
    """,
    "im": """
        balance balanced material mature measurable mobile modest moral morality mortal movable partial partiality
        passable patience patient penetrable perfect perfection permissible plausible polite possible possibility
        practicable practical precise precision probable proper pure purity
    """,
    "il": "legal legality legitimate legitimacy liberal licit literate literacy logical legible",
    "ir": """
        rational reconcilable recoverable redeemable refutable regular regularity relevance relevant religious
        replaceable resolute resistible responsible responsibility retrievable reverent reversible revocable
    """,
    "dis": """
        ability able advantage affection agree agreement allow appear appearance approval approve approving arm armament
        associate believe belief connect content continue courage courteous credit embark enchant enfranchise engage
        engagement entangle favor favour function harmony honest honesty honor honour honorable honourable inclined
        incentive infect information inherit integrate invest like loyal loyalty mount obedience obedient obey order
        organised organized orderly own please pleasure possess proportionate prove provable qualify qualification
        regard respect respectful satisfied satisfaction satisfy service similar trust unity use
    """,
    "de": """
        activate carbonise carbonize centralise centralize classify colonise colonize commission compose compress
        contaminate criminalise criminalize emphasise emphasize escalate escalation forest frost fund generate humanise
        humanize humidify mobilise mobilize militarise militarize moralise moralize populate regulate regulation
        segregate segregation sensitise sensitize stabilise stabilize stabilisation stabilization throne value valuation
    """,
    "mis": """
        apply appropriate behave behaviour behavior calculate calculation communication conduct construe diagnose
        diagnosis fortune govern handle identify inform information interpret interpretation judge judgment judgement
        lead led manage management match place print pronounce quote read represent representation spell spend spent
        state statement step treat treatment trust understand understanding understood use
    """,
    "anti": "abortion american democratic european gay immigrant immigration nuclear semitic social trust vaccine war",
    "counter": "productive",
    "a": "moral political symmetric typical",
    "mal": "function nourished nutrition practice treat",
}
# Words that begin with "un" or "non" and are not the opposite of the rest begin so.
_NO_OPPOSITE = tuple(
    "nonage uncann undie undu unearth union unit unless unloos unmann unnerv unravel unrest unsettle until".split()
)
_MIN_LETTERS = 3


def are_opposite(one: str, other: str) -> bool:
    """Whether two words in lower case mean the opposite of each other.

    >>> [are_opposite(*pair.split("/")) for pair in ("rose/fell", "fall/rising", "illegal/legal", "wins/losing")]
    [True, True, True, True]
    >>> [are_opposite(*pair.split("/")) for pair in ("unsafe/safe", "hopeful/hopeless", "rose/rises", "indeed/deed")]
    [True, True, False, False]
    """
    if one == other:
        return False
    table = _table()
    left, right = table.get(one, _NOWHERE), table.get(other, _NOWHERE)
    return any(-place in right for place in left) or _by_affix(one, other) or _by_affix(other, one)


_NOWHERE: frozenset[int] = frozenset()


def _by_affix(word: str, other: str) -> bool:
    """Whether a word has a prefix or a suffix that makes it the opposite of the other."""
    if word.endswith("less") and other.endswith("ful") and len(other) > len("ful"):
        return word[: -len("less")] == other[: -len("ful")]
    if len(other) < _MIN_LETTERS or not word.endswith(other) or word.startswith(_NO_OPPOSITE):
        return False
    prefix = word[: -len(other)]
    return (prefix in ("un", "non") and is_common(other)) or other in _prefixed().get(prefix, _NO_WORD)


_NO_WORD: frozenset[str] = frozenset()


@cache
def _table() -> dict[str, frozenset[int]]:
    """Return for each word the sides on which it stands: the number of the line, negative right of the bar."""
    sides: dict[str, set[int]] = {}
    number = 0
    for text, inflect in ((_VERBS, _verb_forms), (_NOUNS, _noun_forms), (_OTHERS, _no_forms)):
        for line in text.strip().replace("\n  ", " ").splitlines():
            number += 1
            for side, words in zip((number, -number), line.split("|"), strict=True):
                for entry in words.split():
                    for form in inflect(*entry.split("/")):
                        sides.setdefault(form, set()).add(side)
    return {word: frozenset(places) for word, places in sides.items()}


@cache
def _prefixed() -> dict[str, frozenset[str]]:
    return {
        prefix: frozenset(form for word in words.split() for form in (*_verb_forms(word), *_adverbs(word)))
        for prefix, words in _PREFIXED.items()
    }


def _no_forms(*words: str) -> Iterator[str]:
    yield from words


def _noun_forms(noun: str, *others: str) -> Iterator[str]:
    """Yield the forms of a noun; with a plural that no rule makes, only those given.

    >>> [*_noun_forms("ally")], [*_noun_forms("man", "men")]
    (['ally', 'allies'], ['man', 'men'])
    """
    yield from (noun, *others)
    if not others:
        yield noun[:-1] + "ies" if _ends_in_consonant_and_y(noun) else noun + "s"


def _verb_forms(verb: str, *others: str) -> Iterator[str]:
    """Yield the forms of a verb and a few strings that are no words.

    >>> [form for form in _verb_forms("stop") if form in ("stops", "stopped", "stopping")]
    ['stops', 'stopped', 'stopping']
    >>> [form for form in _verb_forms("deny") if form in ("denies", "denied", "denying")]
    ['denies', 'denied', 'denying']
    """
    yield from (verb, *others)
    if _ends_in_consonant_and_y(verb):
        yield from (verb[:-1] + "ies", verb[:-1] + "ied", verb + "ing")
    elif verb.endswith("e"):
        yield from (verb + "s", verb + "d", verb[:-1] + "ing")
    else:
        stems = (verb, verb + verb[-1]) if verb[-1] not in _VOWELS and verb[-2:-1] in _VOWELS else (verb,)
        yield from (verb + "s", verb + "es", *(stem + ending for stem in stems for ending in ("ed", "ing")))


def _adverbs(adjective: str) -> Iterator[str]:
    """Yield the adverb of an adjective.

    >>> [*_adverbs("legal"), *_adverbs("possible")]
    ['legally', 'possibly']
    """
    yield adjective[:-1] + "y" if adjective.endswith("le") else adjective + "ly"


def _ends_in_consonant_and_y(word: str) -> bool:
    return word.endswith("y") and word[-2:-1] not in _VOWELS


_VOWELS = tuple("aeiou")
