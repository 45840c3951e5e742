"""What `/quote verify` and `/quote who` show: a verdict with its evidence, and a speaker with the newest quotes."""

from __future__ import annotations

from collections.abc import Iterator

from functions.slack.cards.blocks import Element, Message, actions, message, rich, section, text
from functions.slack.cards.search import (
    NAME_CHARACTERS,
    QUOTES,
    REASON_CHARACTERS,
    dismissal,
    in_words,
    notice,
    quote_blocks,
    shortest,
)
from quoth.answers.labels import count, difference, one_line, speaker
from quoth.engine.page import Hit, SpeakerCount, SpeakerList
from quoth.engine.searcher import VerifyResult
from quoth.engine.verify.verify import Verification

DIFFERENCES = 6  # on a card
SPEAKERS = 5  # on a card

# The first words of a card, by verdict.
HEADS = {
    "exact": "Yes, word for word",
    "near": "Yes, nearly word for word",
    "altered": "Not like that: the words were altered",
    "partial": "Only a part of that",
    "spliced": "Not like that: several statements were put together",
    "other_speaker": "Somebody else said that",
    "denied": "The article says that this was not said",
    "not_found": "Nobody in this index said that",
}


def verdict_card(result: VerifyResult, site: str = "") -> Message:
    """Return a verdict: the reason, each difference with its kind, and who said the words or something like them."""
    answer = result.verification
    head = HEADS[answer.verdict]
    sections = [section(text(head, bold=True)), section(text(answer.why, REASON_CHARACTERS)), *_differences(answer)]
    if answer.verdict == "not_found":
        sections.append(section(text(_scope(result))))

    def made(size: int) -> Message:
        blocks = [rich(*sections)]
        for said, hit in _evidence(answer):
            blocks += [rich(section(text(said, bold=True))), *quote_blocks(hit, site, size)]
        return message(head, [*blocks, actions("card", dismissal())])

    return shortest(made)


def _differences(answer: Verification) -> Iterator[Element]:
    changes = answer.differences or answer.nearest_differences
    for change in changes[:DIFFERENCES]:
        yield section(text(f"• {difference(change)}", REASON_CHARACTERS))
    if len(changes) > DIFFERENCES:
        yield section(text(f"• and {in_words(len(changes) - DIFFERENCES, 'other difference')}"))


def _scope(result: VerifyResult) -> str:
    searched = f"{count(result.coverage.quotes, 'quote')} from {count(result.coverage.articles, 'article')}"
    return f"This index has {searched}. Words that are not in it may still have been said."


def _evidence(answer: Verification) -> list[tuple[str, Hit]]:
    """Return the quotes that a verdict rests on, each after what it is, each once."""
    window = () if answer.window is None else (answer.window,)
    told: list[tuple[str, Hit]] = [("One of the statements", Hit(p.quote, 0.0, (p.window,))) for p in answer.pieces]
    if answer.quote is not None and not answer.pieces:
        told.append(("What was said", Hit(answer.quote, 0.0, window)))
    told += [("Not said, according to the article", Hit(quote, 0.0)) for quote in answer.also_denied]
    told += [("Also said", Hit(other.quote, 0.0)) for other in answer.others]
    if answer.nearest is not None:
        told.append(("The nearest quote", Hit(answer.nearest, 0.0)))
    seen: dict[str, tuple[str, Hit]] = {}
    for said, hit in told:
        seen.setdefault(hit.quote.id, (said, hit))
    return list(seen.values())[:QUOTES]


def speakers_above(found: SpeakerList) -> list[Element]:
    """Return the speakers of a name, the most quoted first, a section each."""
    name = one_line(found.prefix or "", NAME_CHARACTERS)
    told = f"{in_words(found.total, 'speaker').capitalize()} with the name “{name}”"
    if found.corrected_to:
        told += f", read as {one_line(', '.join(found.corrected_to), NAME_CHARACTERS)}"
    lines = [_line(each) for each in found.speakers[:SPEAKERS]]
    more = found.total - len(lines)
    rest = [section(text(f"• and {in_words(more, 'other speaker')}"))] if more > 0 else []
    return [section(text(told, bold=True)), *lines, *rest]


def _line(each: SpeakerCount) -> Element:
    return section(text(f"• {speaker(each.speaker, NAME_CHARACTERS)}: {count(each.quotes, 'quote')}"))


def nobody_named(found: SpeakerList) -> Message:
    """Return that no speaker has a name."""
    return notice(f"No speaker in this index has the name “{one_line(found.prefix or '', NAME_CHARACTERS)}”.")
