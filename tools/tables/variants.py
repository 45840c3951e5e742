"""Write data/variants.json: names with several spellings in the news, one family each. `make variants` runs it.

Two sources must agree on a spelling: the rules below turn one spelling of a name into the other, because both write the
same letter of another script, and one name group of Wikidata contains both. The groups alone have false friends (Xi and
Si, Peter and Pyotr), and the rules alone make names that do not exist.

The groups are part of the package rigour. Its first call takes 7 s and 430 MB, so only this tool uses it, never the
library at run time.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from quoth.extraction.tables import known_speakers
from quoth.text.names.tables import DATA
from quoth.text.slugs import slug

FILE = DATA / "variants.json"
MIN_LETTERS = 4  # spellings of shorter names coincide with other names too easily
Groups = Callable[[str], frozenset[str]]

# Each line lists the transliterations of one letter, or one ending, of the other script.
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
# Vowels are seldom written and vary by ear; doubled letters and dots below are kept or dropped.
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
RULES = {"CYRILLIC": (CYRILLIC, 3), "ARABIC": (SEMITIC, 2), "HEBREW": (SEMITIC, 2)}  # rules, and the number of steps

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
# A person with such a given name and a surname with such an ending is from there, wherever the article is from.
ENDINGS = "ov ova ev eva kin kina shin shina sky skaya enko vich vych chuk yuk"
PLAIN = "skiy=sky skyy=sky skyi=sky skii=sky skij=sky skyj=sky skaia=skaya skaja=skaya"

ABOUT = "the spellings of one name, a family each, by `make variants`; the first stands for all"
CREDIT = "name groups: Wikidata (CC0), as packed in rigour by OpenSanctions (MIT)"


def near(word: str, rules: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the spellings that one rule makes of a word, replacing one occurrence."""
    for rule in rules:
        for letters in rule:
            start = word.find(letters)
            while start >= 0:
                yield from (word[:start] + other + word[start + len(letters) :] for other in rule if other != letters)
                start = word.find(letters, start + 1)


def reach(word: str, rules: str, steps: int) -> set[str]:
    """Return all spellings that up to `steps` rules in a row make of a word.

    >>> sorted(reach("lavrov", "v w", 2))
    ['lavrov', 'lavrow', 'lawrov', 'lawrow']
    """
    classes = [line.split() for line in rules.strip().splitlines()]
    reached = latest = {word}
    for _ in range(steps):
        latest = {spelling for known in latest for spelling in near(known, classes)} - reached
        reached = reached | latest
    return reached


def script(text: str) -> str:
    """Return the script of the first letter.

    >>> script("Путин"), script("Putin")
    ('CYRILLIC', 'LATIN')
    """
    return next((unicodedata.name(letter).split()[0] for letter in text if letter.isalpha()), "")


def of_known(record: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the words of a known name from another script, each with that script and the name in that script."""
    spellings = [record["name"], *record["aliases"], *record.get("bare", ())]
    native = [spelling for spelling in spellings if script(spelling) in RULES]
    if native:
        latin = (spelling for spelling in spellings if script(spelling) == "LATIN")
        for word in dict.fromkeys(word for spelling in latin for word in slug(spelling).split("-")):
            yield word, script(native[0]), " ".join(native).lower().split()


def family(word: str, script: str, native: Iterable[str], groups: Groups) -> list[str]:
    """Return a word, followed by the other spellings on which the rules and the name groups agree.

    Only those groups of the word count that also contain the native spelling of the name, if Wikidata has any.
    """
    rules, steps = RULES[script]
    native_groups = {group for name in native for group in groups(name)}
    common = groups(word) & native_groups or groups(word)
    return [word, *sorted(spelling for spelling in reach(word, rules, steps) - {word} if groups(spelling) & common)]


def joined(families: Iterable[Sequence[str]]) -> list[list[str]]:
    """Merge families that share a spelling. The first word of the earliest family stays first.

    >>> joined([["sergei", "sergej"], ["ivan"], ["sergey", "sergej"]])
    [['sergei', 'sergej', 'sergey'], ['ivan']]
    """
    merged: list[list[str]] = []
    for family in families:
        overlapping = [other for other in merged if not set(other).isdisjoint(family)]
        union = list(dict.fromkeys(word for words in (*overlapping, family) for word in words))
        position = merged.index(overlapping[0]) if overlapping else len(merged)
        merged[position:] = [union, *(other for other in merged[position:] if other not in overlapping)]
    return merged


def table(speakers: Iterable[dict[str, Any]], groups: Groups) -> dict[str, Any]:
    """Return the table of variants: families of two or more spellings, and the evidence of a name's origin."""
    given, surnames = (slug(names).split("-") for names in (GIVEN, SURNAMES))
    seeds = [(word, "CYRILLIC", list[str]()) for word in (*given, *surnames)]
    seeds += [seed for record in speakers for seed in of_known(record) if len(seed[0]) >= MIN_LETTERS]
    families = joined(family(*seed, groups) for seed in seeds)
    return {
        "about": ABOUT,
        "credit": CREDIT,
        "families": [" ".join(words) for words in families if len(words) > 1],
        "given": [words[0] for words in families if not set(words).isdisjoint(given)],
        "endings": ENDINGS.split(),
        "plain": PLAIN.split(),
    }


def to_json(table: dict[str, Any]) -> str:
    """Return the table as JSON with one item per line, so that diffs are small."""
    return json.dumps(table, indent=1, ensure_ascii=False) + "\n"


def wikidata() -> Groups:
    """Return the lookup of a word's name groups."""
    # Only the compiled core: rigour.names imports libraries without wheels, which are not needed here.
    from rigour._core import NameTypeTag, analyze_names

    @cache
    def groups(word: str) -> frozenset[str]:
        names = analyze_names(NameTypeTag.PER, [word], phonetics=False, numerics=False)
        return frozenset(s.id for name in names for s in name.symbols if s.category.value == "NAME")

    return groups


if __name__ == "__main__":
    FILE.write_text(to_json(table(known_speakers(), wikidata())), encoding="utf-8")
    print(f"wrote {FILE.name}")
