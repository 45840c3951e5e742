"""The pages that verify: remembered words, and every quote of a draft. What is sent is neither kept nor logged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any, NamedTuple

from functions.http import gates
from functions.http.request import parse_query
from functions.pages import reply
from functions.pages.parts import layout, quotes, words
from functions.pages.parts.addresses import SiteAddresses
from functions.pages.parts.layout import PageHead
from functions.pages.reply import PageReply
from quoth.answers import labels
from quoth.answers.labels import count
from quoth.answers.markup import Child, Markup, element
from quoth.answers.reports import facts
from quoth.archive import Archive
from quoth.checking import evidence
from quoth.checking.formats import FORMATS
from quoth.checking.report import CheckedQuote, CheckReport
from quoth.engine.searcher import VerifyResult
from quoth.engine.verify.comparison.differences import WordChange
from quoth.engine.verify.verify import MAX_SPEAKER, MAX_TEXT, Verification
from quoth.errors import BadInput, BadQuery

# A form sends most characters of a draft as three, and an address with some thousand characters reaches the gateway.
MAX_FORM = 3 * gates.MAX_DRAFT + 1024
LONGEST_ADDRESS = 1_000

Pairs = dict[str, str]


class ToldVerdict(NamedTuple):
    """A verdict in words, and whether it is good, doubtful or bad."""

    words: str
    kind: str


VERDICTS = {
    "exact": ToldVerdict("Word for word", "good"),
    "near": ToldVerdict("As good as word for word", "good"),
    "partial": ToldVerdict("A part of it", "warn"),
    "altered": ToldVerdict("Altered", "bad"),
    "spliced": ToldVerdict("Spliced together", "bad"),
    "other_speaker": ToldVerdict("Somebody else said it", "bad"),
    "denied": ToldVerdict("Denied", "bad"),
    "not_found": ToldVerdict("Not found here", "warn"),
    "unchecked": ToldVerdict("Not checked", "warn"),
    "too_short": ToldVerdict("Too short to verify", "note"),
}
# A verdict on the words alone is not good if the speaker is in doubt.
KINDS = {"speaker_unknown": "warn", "altered": "bad", "ignored": "note"}
LABELS = {"said": "Said", "piece": "Piece", "denied": "Denied", "nearest": "The nearest in this archive"}


def verify(site: SiteAddresses, event: dict[str, Any], archive: Archive) -> PageReply:
    """Answer GET /verify: the form, and with words in the address their verdict."""
    given = _given(event.get("rawQueryString") or "", ("text", "speaker"))
    return _verified(site, given, archive) if "text" in given else reply.page(_verify_page(site, given))


def verify_posted(site: SiteAddresses, event: dict[str, Any], archive: Archive) -> PageReply:
    """Answer POST /verify, the form for words that no address holds."""
    return _verified(site, _form(event, ("text", "speaker")), archive)


def _verified(site: SiteAddresses, given: Pairs, archive: Archive) -> PageReply:
    try:
        result = archive.verify(given.get("text", ""), given.get("speaker"))
    except BadQuery as error:
        message = f"What you remember {error.detail}." if error.parameter == "text" else f"{error}."
        return reply.page(
            _verify_page(site, given, layout.notice(message, kind="error")), status=HTTPStatus.BAD_REQUEST
        )
    return reply.page(_verify_page(site, given, *_verdict(site, given, result)))


def _given(raw: str, names: Iterable[str]) -> Pairs:
    """Return the fields of a form that are filled in; raises `BadQuery` for a field that it does not have."""
    values = parse_query(raw, "the form")
    for name in values:
        if name not in names:
            raise BadQuery(name, "is not a field of this form")
    return {name: value for name, value in values.items() if value.strip()}


def _form(event: dict[str, Any], names: Iterable[str]) -> Pairs:
    media_type = (event["headers"].get("content-type") or "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise BadInput("must be application/x-www-form-urlencoded", field="content-type")
    try:
        return _given(gates.small_body(event, MAX_FORM).decode(), names)
    except UnicodeDecodeError:
        raise BadInput("is not UTF-8", field="the form") from None


def _verify_page(site: SiteAddresses, given: Pairs, *result: Child) -> Markup:
    text = element("textarea", given.get("text", ""), name_="text", rows="4", maxlength=str(MAX_TEXT), required=True)
    speaker = element(
        "input", name_="speaker", value=given.get("speaker"), maxlength=str(MAX_SPEAKER), autocomplete="off"
    )
    form = element(
        "form",
        layout.field("What was said, as you remember it", text),
        layout.field("Who said it", speaker, "Optional: any spelling of the name."),
        element("button", "Verify"),
        method="post",
        action=site.page("verify"),
        class_="stacked",
    )
    intro = "Compares the words with every quote of the archive, and shows each difference. Nothing is kept or logged."
    return layout.frame(
        site,
        PageHead("Verify a quote"),
        element("h1", "Did they say that?"),
        element("p", intro, class_="lede"),
        form,
        element("div", *result, class_="result", id="result"),
        here="verify",
    )


def _verdict(site: SiteAddresses, given: Pairs, result: VerifyResult) -> Iterator[Child]:
    answer = result.verification
    told = VERDICTS[answer.verdict]
    is_doubtful = told.kind == "good" and answer.speaker_matches is None and "speaker" in given
    yield element(
        "section",
        element("h2", told.words),
        element("p", f"{answer.why[:1].upper()}{answer.why[1:]}.", class_="why"),
        _comparison(answer),
        _differences(answer),
        class_=f"verdict {'warn' if is_doubtful else told.kind}",
    )
    yield from _evidence(site, answer)
    if answer.others:
        others = [quotes.item(site, other.quote) for other in answer.others]
        yield layout.section("Also close", element("ol", others, class_="hits"))
    yield _scope(result)
    link = site.page("verify", given.items())
    if len(link) <= LONGEST_ADDRESS:
        yield element("p", element("a", "The address of this answer", href=link, rel="nofollow"), class_="muted")


def _comparison(answer: Verification) -> Markup | None:
    """Return the words with their differences: remembered words are struck out, words said are underlined."""
    comparison = answer.comparison or answer.nearest_comparison
    if not any(change.kind for change in comparison):
        return None
    return element("p", [(part, " ") for change in comparison for part in _change(change)], class_="diff", dir="auto")


def _change(change: WordChange) -> Iterator[Child]:
    if change.kind is None:
        yield change.said
        return
    weight = "grave" if change.may_change else "slight"
    if change.remembered:
        yield element("del", change.remembered, class_=weight)
    if change.said:
        yield element("ins", change.said, class_=weight)


def _differences(answer: Verification) -> Markup | None:
    found = [
        element("li", labels.difference(change), class_="grave" if change.may_change else "slight")
        for change in evidence.differences(answer)
    ]
    if answer.cut_from is not None:
        cut = f"cut from a sentence that turns its sense: “{labels.one_line(answer.cut_from.sentence)}”"
        found.append(element("li", cut, class_="grave"))
    return element("ul", found, class_="differences") if found else None


def _evidence(site: SiteAddresses, answer: Verification) -> Iterator[Child]:
    """Yield the quotes to compare with, each with what it is to the words."""
    shown = [
        element(
            "li",
            element("h3", LABELS[item.label] if item.piece is None else f"“{labels.one_line(item.piece)}” stands in"),
            quotes.card(site, item.quote, [answer.window] if answer.window and item.quote is answer.quote else ()),
            class_=words.certainty(item.quote).kind,
        )
        for item in evidence.quotes(answer)
    ]
    if shown:
        yield element("ol", shown, class_="hits evidence")


def _scope(result: VerifyResult) -> Markup:
    coverage = result.coverage
    numbers = f"{count(coverage.quotes, 'quote')} from {count(coverage.articles, 'article')}"
    return element("p", f"Compared with {numbers}. What is not here may still have been said.", class_="muted")


def check_form(site: SiteAddresses, given: Pairs | None = None, *result: Child) -> Markup:
    """Return the page with the form for a draft, and below it the report, if there is one."""
    given = given or {}
    text = element("textarea", given.get("text", ""), name_="text", rows="12", required=True)
    chosen = given.get("format", "text")
    names = {"text": "plain text", "markdown": "Markdown", "html": "HTML", "ninjs": "ninjs"}
    options = [element("option", names[name], value=name, selected=name == chosen) for name in FORMATS]
    form = element(
        "form",
        layout.field("The draft", text),
        layout.field("It is", element("select", options, name_="format")),
        element("button", "Check the quotes"),
        method="post",
        action=site.page("check"),
        class_="stacked",
    )
    intro = (
        f"Paste a draft, up to {gates.MAX_DRAFT // 1024} KB. Each quote in it is compared with the archive; what needs "
        "work comes first. Nothing is kept or logged."
    )
    return layout.frame(
        site,
        PageHead("Check a draft"),
        element("h1", "Check a draft"),
        element("p", intro, class_="lede"),
        None if not result else element("div", *result, class_="result", id="result"),
        form,
        here="check",
    )


def check(site: SiteAddresses, event: dict[str, Any], context: Any, archive: Archive) -> PageReply:
    """Answer POST /check."""
    run = gates.checker(archive, context)
    given = _form(event, ("text", "format"))
    try:
        report = _report(given, run)
    except (BadInput, BadQuery) as error:
        notice = layout.notice(f"{error}.", kind="error")
        return reply.page(check_form(site, given, notice), status=HTTPStatus.BAD_REQUEST)
    return reply.page(check_form(site, given, *_told(site, report)))


def _report(given: Pairs, run: gates.Checker) -> CheckReport:
    from quoth.checking import drafts  # not before the first check, as the extraction

    name = given.get("format", "text")
    format = next((known for known in FORMATS if known == name), None)
    if format is None:
        raise BadInput(f"must be {', '.join(FORMATS)}", field="format")
    text = given.get("text", "").replace("\r\n", "\n")  # a form sends every line so
    size = len(text.encode())
    if size > gates.MAX_DRAFT:
        raise BadInput(f"is {size:,} bytes long; the limit is {gates.MAX_DRAFT:,}", field="the draft")
    return run(drafts.of_text(text, format), ())


def _told(site: SiteAddresses, report: CheckReport) -> Iterator[Child]:
    yield layout.notice(facts.summary(report), kind="good" if report.is_confirmed and report.quotes else "note")
    for group, checked in report.groups().items():
        heading = f"{facts.TITLES[group]} ({len(checked):,})"
        yield layout.section(heading, element("ol", [_checked(site, one) for one in checked], class_="checked"))
    if report.quotes:
        yield element("p", facts.scope(report), class_="muted")


def _checked(site: SiteAddresses, one: CheckedQuote) -> Markup:
    told, verdict = facts.told(one), VERDICTS[one.verdict]
    kind = KINDS.get(one.group, verdict.kind)
    answer = one.verification
    sources: list[Child] = [] if answer is None else list(_evidence(site, answer))
    words_compared = None if answer is None else (_comparison(answer), _differences(answer))
    if sources and one.verdict == "not_found":  # the nearest quote is a suggestion, not what was said
        sources, words_compared = [words_compared, *sources], None
    return element(
        "li",
        element("p", f"Line {told.line:,}", class_="line"),
        element("blockquote", element("p", f"“{told.words}”"), dir="auto"),
        element("p", element("b", told.speaker), " ", element("span", verdict.words, class_="certainty"), class_="by"),
        element("p", f"{told.why[:1].upper()}{told.why[1:]}.", class_="why"),
        words_compared,
        element("details", element("summary", "The words in the archive"), *sources) if sources else None,
        class_=f"verdict {kind}",
    )
