"""Contractions of English: what each stands for."""

from __future__ import annotations

# An analyzer splits words at the apostrophe: "don't" is the words "don" and "t".
NOT = {
    **{f"{verb}n": verb for verb in "is are was were do does did have has had would should could might must".split()},
    **{"need" + "n": "need", "ought" + "n": "ought"},
    "don": "do",
    "can": "can",
    "won": "will",
    "shan": "shall",
    "ain": "is",
}
# The words that stand for one ending. Ambiguous endings stay as they are: 's is "is" or "has", 'd is "would" or "had".
ENDINGS = {"re": "are", "ve": "have", "ll": "will", "m": "am", "s": "'s", "d": "'d"}
# Behind other words 's is most likely the ending of a genitive.
GENITIVE = "’s"
_WITH_IS = frozenset("it he she that there here what who where how when why".split())
READINGS = {"'s": ("is", "has"), "'d": ("would", "had")}
# One word for several, however it is written: the apostrophe is often forgotten.
WORDS = {
    **{f"{stem}t": (verb, "not") for stem, verb in NOT.items() if stem not in ("can", "won")},
    **{word: (word[:-1], "'s") for word in ("thats", "whats", "theres", "heres", "hes", "shes")},
    "cant": ("can", "not"),
    "wont": ("will", "not"),
    "cannot": ("can", "not"),
    "im": ("i", "am"),
    "ive": ("i", "have"),
    "youre": ("you", "are"),
    "youve": ("you", "have"),
    "youll": ("you", "will"),
    "theyre": ("they", "are"),
    "theyve": ("they", "have"),
    "theyll": ("they", "will"),
    "weve": ("we", "have"),
    "gonna": ("going", "to"),
    "wanna": ("want", "to"),
    "gotta": ("got", "to"),
    "gimme": ("give", "me"),
    "lemme": ("let", "me"),
}


def expand(word: str, after: str, *, is_apostrophe: bool) -> tuple[str, ...]:
    """Return the words that two words stand for if they are one contraction, else nothing.

    `is_apostrophe` if only an apostrophe stands between them.

    >>> expand("won", "t", is_apostrophe=True), expand("we", "ll", is_apostrophe=True)
    (('will', 'not'), ('we', 'will'))
    >>> expand("let", "s", is_apostrophe=True), expand("minister", "s", is_apostrophe=True)
    (('let', 'us'), ('minister', '’s'))
    >>> expand("don", "t", is_apostrophe=False), expand("plan", "d", is_apostrophe=False)
    (('do', 'not'), ())
    """
    if after == "t" and word in NOT and (is_apostrophe or word not in ("can", "won")):
        return NOT[word], "not"
    if is_apostrophe and after in ENDINGS:
        if after == "s" and word not in _WITH_IS:
            return word, "us" if word == "let" else GENITIVE
        return word, ENDINGS[after]
    return ()
