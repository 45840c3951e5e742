"""Write data/variants.json: the names that newsrooms spell in several ways, one family each. `make variants` runs it.

Two judges must agree on a spelling: the rules below can turn one spelling of a name into the other, because both
write the same letter of another script, and a name group of Wikidata holds both. The groups alone have false friends
(Xi and Si, Peter and Pyotr), the rules alone make names that nobody bears.

The groups come packed in rigour. Its first call takes 7 s and 430 MB, so it is asked here and never at run time.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from quoth.extraction.tables import DATA, known_speakers
from quoth.text.slugs import slug

FILE = DATA / "variants.json"
SHORTEST = 4  # letters: below this spellings of different names meet too easily
Groups = Callable[[str], frozenset[str]]

# Each line holds what stands for one letter, or one ending, of the other script.
CYRILLIC = """
    sky skiy skyy skyi skii skij skyj skyi ski
    y i iy yi ii yy ij yj
    ye e ie je
    ya ia ja
    yo io jo e
    yu iu ju
    ei ey ej
    ai ay aj
    y i j
    ou u
    v w
    z s
    kh ch h
    sh sch
    zh sch j
    ch tsch tch
    shch schtsch
    ks x
    ts z tz c
    dr der
"""
# Vowels are seldom written and are heard differently; doubled letters and dots below are dropped or not.
SEMITIC = """
    q g k gh kh
    dh d
    kh ch h
    sh sch ch
    y j i
    w v
    ou u oo o
    ei ey ai ay
    ee i
    e a
    bb b
    dd d
    ff f
    ll l
    mm m
    nn n
    ss s
"""
RULES = {"CYRILLIC": (CYRILLIC, 3), "ARABIC": (SEMITIC, 2), "HEBREW": (SEMITIC, 2)}  # rules, and how many in a row

# Frequent names of Ukraine, Russia and Belarus, as most newsrooms spell them.
GIVEN = """
    Sergei Alexei Dmitry Andrei Nikolai Yuri Yevgeny Vasily Anatoly Vitaly Valery Gennady Grigory Arkady
    Alexander Mikhail Maxim Vladimir Vladislav Vyacheslav Viktor Valentin Vadim Kirill Konstantin Pavel Pyotr Ilya
    Fyodor Artyom Semyon Timofei Yaroslav Yegor Igor Oleg Denis Ruslan Eduard Matvei Yefim Savely Leonid
    Oleksandr Oleksiy Dmytro Andriy Serhiy Volodymyr Mykhailo Mykola Vasyl Yuriy Anatoliy Hennadiy Kyrylo Maksym
    Denys Vadym Artem Yevhen Viacheslav Bohdan Valeriy Oleh Ihor Taras Nikita
    Aliaksandr Siarhei Dzmitry Uladzimir Mikalai
    Irina Yulia Yekaterina Natalia Tatiana Anastasia Maria Daria Ksenia Lyudmila Yelena Valeria Svetlana Viktoria Sofia
    Galina Yevgenia
    Yuliia Nataliya Oleksandra Mariya Viktoriya Sviatlana Olena Iryna Oksana Svitlana Tetiana
"""
SURNAMES = """
    Vasilyev Grigoryev Alekseyev Sergeyev Nikolayev Andreyev Dmitriyev Yakovlev Solovyov Kovalyov Kiselyov Fyodorov
    Semyonov Korolyov Zakharov Mikhailov Yegorov Zhukov Chernyshov Afanasyev Zaitsev Belyaev Savelyev Kudryavtsev
    Prokofyev Arkhipov Yefimov Yeliseyev Yermakov Gorbachev Khrushchev Medvedev Belousov Volkov Lvov Tkachev Isayev
    Grigoriev Sergeev Belov Vinogradov Kasyanov Yashin Yavlinsky Khodorkovsky Berezovsky Abramovich Zyuganov
    Zhirinovsky Kadyrov Gerasimov Surovikin Patrushev Naryshkin Kiriyenko Ushakov Dmitriev Polyansky Nebenzya
    Shevchenko Kovalenko Bondarenko Tkachenko Kravchenko Lysenko Vasylenko Tymoshenko Yushchenko Yanukovych Yatsenyuk
    Klitschko Turchynov Groysman Stefanchuk Podolyak Danilov Reznikov Fedorov Budanov Malyuk Umerov Svyrydenko
    Shevchuk Melnyk Khmelnytsky Polishchuk
"""
# Who has such a given name and a surname that ends so comes from there, wherever the article was written.
ENDINGS = "ov ova ev eva kin kina shin shina sky skaya enko vich vych chuk yuk"
PLAIN = "skiy=sky skyy=sky skyi=sky skii=sky skij=sky skyj=sky skaia=skaya skaja=skaya"

ABOUT = "the spellings of one name, a family each, by `make variants`; the first stands for all"
CREDIT = "name groups: Wikidata (CC0), as packed in rigour by OpenSanctions (MIT)"


def near(word: str, rules: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield what one rule makes of a word in one place."""
    for alike in rules:
        for written in alike:
            start = word.find(written)
            while start >= 0:
                yield from (word[:start] + other + word[start + len(written) :] for other in alike if other != written)
                start = word.find(written, start + 1)


def reach(word: str, rules: str, steps: int) -> set[str]:
    """Return all spellings that so many rules in a row make of a word.

    >>> sorted(reach("lavrov", "v w", 2))
    ['lavrov', 'lavrow', 'lawrov', 'lawrow']
    """
    classes = [line.split() for line in rules.strip().splitlines()]
    reached = latest = {word}
    for _ in range(steps):
        latest = {spelling for found in latest for spelling in near(found, classes)} - reached
        reached = reached | latest
    return reached


def script(text: str) -> str:
    """Return the script of the first letter.

    >>> script("Путин"), script("Putin")
    ('CYRILLIC', 'LATIN')
    """
    return next((unicodedata.name(letter).split()[0] for letter in text if letter.isalpha()), "")


def of_known(record: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the words of a known name that comes from another script, each with that script and the name in it."""
    spellings = [record["name"], *record["aliases"], *record.get("bare", ())]
    home = [spelling for spelling in spellings if script(spelling) in RULES]
    if home:
        latin = (spelling for spelling in spellings if script(spelling) == "LATIN")
        for word in dict.fromkeys(word for spelling in latin for word in slug(spelling).split("-")):
            yield word, script(home[0]), " ".join(home).lower().split()


def family(word: str, at: str, home: Iterable[str], groups: Groups) -> list[str]:
    """Return a word and then its other spellings, those on which the rules and the name groups agree.

    Of the word's groups those count that also hold the name as it is written at home, if Wikidata knows it so.
    """
    rules, steps = RULES[at]
    at_home = {group for name in home for group in groups(name)}
    meant = groups(word) & at_home or groups(word)
    return [word, *sorted(spelling for spelling in reach(word, rules, steps) - {word} if groups(spelling) & meant)]


def joined(families: Iterable[Sequence[str]]) -> list[list[str]]:
    """Join families that have a spelling in common. Of those that came first, the first word stays first.

    >>> joined([["sergei", "sergej"], ["ivan"], ["sergey", "sergej"]])
    [['sergei', 'sergej', 'sergey'], ['ivan']]
    """
    found: list[list[str]] = []
    for one in families:
        meeting = [other for other in found if not set(other).isdisjoint(one)]
        together = list(dict.fromkeys(word for family in (*meeting, one) for word in family))
        place = found.index(meeting[0]) if meeting else len(found)
        found[place:] = [together, *(other for other in found[place:] if other not in meeting)]
    return found


def table(speakers: Iterable[dict[str, Any]], groups: Groups) -> dict[str, Any]:
    """Return the table of variants: families of two spellings or more, and what tells where a name comes from."""
    given, surnames = (slug(names).split("-") for names in (GIVEN, SURNAMES))
    seeds = [(word, "CYRILLIC", list[str]()) for word in (*given, *surnames)]
    seeds += [seed for record in speakers for seed in of_known(record) if len(seed[0]) >= SHORTEST]
    families = joined(family(*seed, groups) for seed in seeds)
    return {
        "about": ABOUT,
        "credit": CREDIT,
        "families": [" ".join(words) for words in families if len(words) > 1],
        "given": [words[0] for words in families if not set(words).isdisjoint(given)],
        "endings": ENDINGS.split(),
        "plain": PLAIN.split(),
    }


def written(table: dict[str, Any]) -> str:
    """Return the table as JSON with an item a line, so that a change shows as one."""
    return json.dumps(table, indent=1, ensure_ascii=False) + "\n"


def wikidata() -> Groups:
    """Return what finds the name groups of a word."""
    # The compiled core alone: rigour.names imports libraries that have no wheels, and uses none of them here.
    from rigour._core import NameTypeTag, analyze_names

    @cache
    def groups(word: str) -> frozenset[str]:
        names = analyze_names(NameTypeTag.PER, [word], phonetics=False, numerics=False)
        return frozenset(s.id for name in names for s in name.symbols if s.category.value == "NAME")

    return groups


if __name__ == "__main__":
    FILE.write_text(written(table(known_speakers(), wikidata())), encoding="utf-8")
    print(f"wrote {FILE.name}")
