"""What happens in a conversation: a command or a button, and the message that answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from functions.slack import state
from functions.slack.cards import buttons, quote
from functions.slack.cards.blocks import Message
from functions.slack.cards.search import QUOTES, card, help_card, notice
from functions.slack.cards.verdict import nobody_named, speakers_above, verdict_card
from functions.slack.command import AskedHelp, AskedSearch, AskedSpeaker, AskedVerdict, parse
from functions.slack.state import MoreState
from functions.slack.turn import SlackTurn
from quoth.archive import Archive
from quoth.engine.query.request import Request
from quoth.errors import BadInput, BadQuery, Conflict, Expired, NotFound, Unavailable
from quoth.quote import Speaker
from quoth.text.slugs import slug

# Removes a card. Slack wants it alone: not with the message that everybody sees.
GONE: Message = {"delete_original": True}
LOOKED_UP = 100  # speakers whose names begin with a name
# A card stays for as long as somebody leaves it, and the generation of its cursor does not.
EXPIRED = "This search is too old to go on: the index has changed. Ask again."


@dataclass(frozen=True, slots=True)
class Conversation:
    """What answers are made from.

    `site` is the address of the pages, empty without one. `report` records that the speaker of a quote is wrong, with a
    note, and returns whether it is the first report of the day.
    """

    archive: Archive
    site: str
    secrets: tuple[str, ...]
    report: Callable[[str, str], bool]

    def answer(self, turn: SlackTurn) -> tuple[Message, ...]:
        """Return the messages that answer a turn, one for a command; raises as the archive does."""
        return (self._command(turn.text),) if turn.is_command else self._action(turn)

    # ------------------------------------------------------------------------------------------------- commands

    def _command(self, text: str) -> Message:
        match parse(text, self._is_known):
            case AskedSearch(words):
                return self._search(MoreState(words, ""))
            case AskedVerdict(words, speaker):
                return verdict_card(self.archive.verify(words, speaker), self.site)
            case AskedSpeaker(name):
                return self._speaker(name)
            case AskedHelp():
                return help_card()

    def _search(self, at: MoreState) -> Message:
        page = self.archive.answer(Request(q=at.words, limit=QUOTES, cursor=at.cursor or None))
        return card(page, self.site, lambda cursor: self._more(at.words, cursor))

    def _more(self, words: str, cursor: str) -> str:
        return state.pack(MoreState(words, cursor), self.secrets[0])

    def _is_known(self, name: str) -> bool:
        """Whether a speaker has exactly this name, in any spelling."""
        found = self.archive.speakers(name, LOOKED_UP)
        return not found.corrected_to and any(_has_name(each.speaker, name) for each in found.speakers)

    def _speaker(self, name: str) -> Message:
        found = self.archive.speakers(name, LOOKED_UP)
        if not found.speakers:
            return nobody_named(found)
        # Those with exactly this name come first: Ali before Alice, whoever is quoted more.
        by_name = sorted(found.speakers, key=lambda each: not _has_name(each.speaker, name))
        found = replace(found, speakers=tuple(by_name))
        words = f'speaker:"{found.speakers[0].speaker.id}"'
        page = self.archive.answer(Request(q=words, limit=QUOTES))
        return card(page, self.site, lambda cursor: self._more(words, cursor), speakers_above(found))

    # -------------------------------------------------------------------------------------------------- buttons

    def _action(self, turn: SlackTurn) -> tuple[Message, ...]:
        match turn.action:
            case buttons.DISMISS:
                return (GONE,)
            case buttons.MORE:
                return ({**self._search(state.unpack(turn.text, self.secrets)), "replace_original": True},)
            case buttons.SHARE:
                return quote.shared(self.archive.get(turn.text), self.site, turn.user), GONE
            case buttons.CONTEXT:
                return (quote.in_context(self.archive.detail(turn.text), self.site),)
            case buttons.CITE:
                return (quote.cited(self.archive.get(turn.text), self.archive.edition().generation),)
            case buttons.WRONG:
                return (quote.report_form(self.archive.get(turn.text)),)
            case buttons.REPORT:
                return (self._report(turn),)
        return ()  # a link, which Slack also reports

    def _report(self, turn: SlackTurn) -> Message:
        is_new = self.report(turn.text, turn.note)
        told = "Thank you. The newsroom sees your report." if is_new else "Thank you. Others said so today, too."
        return notice(told, replace_original=True)


def _has_name(speaker: Speaker, name: str) -> bool:
    """Whether a speaker has exactly this name, in any spelling.

    >>> _has_name(Speaker("ada", "Ada Okafor", aliases=("Okafor",)), "okafor"), _has_name(Speaker("al", "Alice"), "Ali")
    (True, False)
    """
    return slug(name) in {speaker.id, *map(slug, (speaker.name, *speaker.aliases))}


def problem(error: Exception, incident: str, *, is_command: bool) -> Message:
    """Return an error as one private sentence: what to change, or an id that the log has as well."""
    told = explained(error)
    if isinstance(error, BadQuery) and is_command:
        return help_card(told or "")
    if told is None and isinstance(error, Unavailable | Conflict):
        told = f"The archive does not answer at the moment; try again in a minute ({incident})."
    sentence = told or f"Something went wrong; the log has it under {incident}."
    return notice(sentence, **({} if is_command else {"replace_original": False}))


def explained(error: Exception) -> str | None:
    """Return an error that who asked can do something about, as a sentence; `None` for any other.

    >>> explained(BadQuery("q", "is 300 characters long; the limit is 256"))
    'Your search is 300 characters long; the limit is 256.'
    >>> explained(BadQuery("q", "OR needs a word")), explained(ValueError("a stack"))
    ('OR needs a word.', None)
    """
    match error:
        case Expired() | BadQuery(parameter="cursor" | "as_of"):
            return EXPIRED
        case BadQuery(parameter="q", detail=detail):
            subject = "Your search " if detail.startswith(("is ", "has ")) else ""
        case BadQuery(parameter="text", detail=detail):
            subject = "What you remember "
        case BadQuery(parameter=parameter, detail=detail):
            subject = f"The {parameter.removeprefix('the ')} "
        case BadInput():
            subject, detail = "", error.sentence
        case NotFound():
            subject, detail = "", str(error)
        case _:
            return None
    sentence = f"{subject}{detail}".rstrip(".")
    is_cited = sentence.partition(" ")[0].endswith(":")  # a word as it was typed
    return f"{sentence if is_cited else sentence[:1].upper() + sentence[1:]}."
