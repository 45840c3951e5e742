"""The signs of a quotation, the ends of each span, and the invariants of every scan."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quoth.extraction.parsing.document import parse
from quoth.extraction.scanner import Span, paragraphs, scan
from quoth.extraction.scanner.plain import plain
from tests.support.effort import sampled

MARKED = st.text(alphabet="“”\"‘’„«»'`ab Z1.,:>!?\n\r\t é語🎉—(\xad\u200b&;", max_size=80)
PIECES = (
    *"“”\"‘’'„«»", "''", "``", "&quot;", "&rsquo;", "&#8220;", "&nbsp;", "&amp;", "&bogus;", "\u200b", "\xad", "\u202e",
    "BYRON: ", "Ada Byron: ", "Q: ", "A: ", "> ", "    ", "\t", "\n", "\n\n", "\r\n", "\u2028", " ", ", ", ". ", "? ",
    ": ", "—", "(", ")", "voters", "don’t", "We go", "I said", "no", "’90s", "5'10\"",
)  # fmt: skip
PAGES = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)
LABELS = st.sampled_from(
    ["BYRON: ", '"BYRON: ', "LIND: “", "Ada Byron: ", "“Byron: ", "Q: ", "A: ", "> ", "    ", "", "So:"]
)
TALK = st.lists(st.tuples(LABELS, MARKED), max_size=8).map(lambda turns: "\n".join(map("".join, turns)) + "\nBYRON: I")
ANYTHING = MARKED | PAGES | TALK | st.text(max_size=200)


def texts(body: str) -> list[str]:
    return [body[span.start : span.end] for span in scan(body)]


def labelled(body: str) -> list[tuple[str | None, str]]:
    return [(body[slice(*span.label)] if span.label else None, body[span.start : span.end]) for span in scan(body)]


def bracketed(body: str) -> str:
    """Return a body with brackets around its spans: “⟦Yes,⟧” she said."""
    pieces, last = [], 0
    for span in scan(body):
        pieces += body[last : span.start], "⟦", body[span.start : span.end], "⟧"
        last = span.end
    return "".join(pieces) + body[last:]


def bare(case: str) -> str:
    return case.translate(dict.fromkeys(map(ord, "⟦⟧")))


def cases(*tables: dict[str, str]) -> list[Any]:
    return [pytest.param(case, id=name) for table in tables for name, case in table.items()]


# --- double marks

DOUBLE = {
    "curly": "“⟦Yes,⟧” she said.",
    "straight": '"⟦Yes,⟧" she said. "⟦No.⟧"',
    "space inside": "“ ⟦Yes,⟧ ” she said.",
    "single inside": "“⟦He said ‘no’ to me,⟧” she said.",
    "curly inside curly": "“⟦He said “no” to me,⟧” she said.",
    "straight inside curly": '“⟦He said "no" to me,⟧” she said.',
    "curly inside straight": '"⟦He said “no” to me,⟧" she said.',
    "opened curly, closed straight": '“⟦Yes,⟧" she said.',
    "opened straight, closed curly": '"⟦Yes,⟧” she said.',
    "each opened one way, closed the other": '“⟦Yes,⟧" she said. "⟦No.⟧”',
    "the other way, again and again": '"⟦Yes,⟧” she said. “⟦No.⟧" He left. "⟦So,⟧” he said.',
    "opened by a closing mark": "”⟦Yes,⟧” she said.",
    "closed by an opening mark": "He called it “⟦a farce⟧“ and left. “⟦Go.⟧”",
    "two single marks for a double": "''⟦Yes,⟧'' she said. ``⟦No.⟧''",
    "a single inside two": "''⟦He said 'no' to me,⟧'' she said.",
    "three at the end": "''⟦He said, 'no,'⟧'' she said.",
    "three at the beginning": "''⟦'No,' he said to me,⟧'' she said.",
    "curly, closed by two singles": "A “⟦question⟧’’ that she asked.",
    "inches": 'A 6" beam of 12" length',
    "inches inside": '“⟦A 6" beam holds,⟧” she said.',
    "no word": "“” and “ ” and “…”",
    "never closed": "“⟦Yes, she said.⟧ “⟦No.⟧”",
    "never closed, before a dash": "“⟦We will—⟧“⟦You will not,⟧” he said.\n\n“⟦It is.⟧”",
    "never closed, straight": '“⟦Yes, she said.⟧ "⟦No.⟧"',
    "after characters of two units": "🎉🎉 “⟦Yes,⟧” she said.",
}


@pytest.mark.parametrize("case", cases(DOUBLE))
def test_double_marks_quote(case: str) -> None:
    assert bracketed(bare(case)) == case


ANGLES = {
    "French": "« ⟦Oui⟧ », dit-elle. «\u202f⟦Non.⟧\u202f»",
    "French, beside other characters": "(« ⟦Oui⟧ ») et l’« ⟦affaire⟧ »",
    "Swiss": "«⟦Ja⟧», sagte sie. «⟦Nein.⟧»",
    "German": "»⟦Ja⟧«, sagte sie. »⟦Nein.⟧«",
    "Swedish": "»⟦Ja⟧», sade hon. »⟦Nej.⟧»",
    "low and high": "„⟦Ja⟧“, sagte sie. „⟦Nein.⟧“",
    "low and right": "„⟦Tak⟧”, powiedziała. „⟦Nie.⟧”",
    "low singles inside": "„⟦Er sagte ‚nein‘ und ging⟧“, sagte sie.",
    "curly inside low": "„⟦Er sagte “nein” und ging⟧“, sagte sie.",
    "guillemets inside guillemets": "« ⟦Il a dit « non » et voilà⟧ », dit-elle.",
    "curly inside guillemets": "« ⟦Il a dit “non”⟧ », dit-elle.",
    "straight inside guillemets": '«⟦Il a dit "non"⟧», dit-elle.',
    "guillemets inside curly": "“⟦He said «non» to me,⟧” she said.",
    "where you are": "Home » News » Politics",
    "a link": "»Read more",
}


@pytest.mark.parametrize("case", cases(ANGLES))
def test_guillemets_and_low_marks_quote_as_their_article_opens_them(case: str) -> None:
    assert bracketed(bare(case)) == case


# --- single marks

BESIDE_DOUBLES = {
    "words held at arm’s length": "The ‘⟦new⟧’ plan, “⟦a farce,⟧” fell.",
    "apostrophes": "Ukraine‘s farmers, the traders’ rock ’n’ roll. “⟦Yes.⟧”",
    "straight ones": "The 'new' plan of the '90s, \"⟦a farce,⟧\" fell.",
    "a headline": "Byron: ‘⟦No bridge⟧’\n\n“⟦It will not hold,⟧” she said.",
    "inside, with punctuation": "“⟦He said ‘no.’ I left,⟧” she said.",
    "inside, straight": "“⟦He said, 'No.' I left,⟧” she said.",
}


@pytest.mark.parametrize("case", cases(BESIDE_DOUBLES))
def test_beside_double_marks_only_a_clear_pair_of_curly_singles_counts(case: str) -> None:
    assert bracketed(bare(case)) == case


# Apostrophes in every position where they look like a mark; the tests below repeat all of them with straight marks.
BRITISH = {
    "one quote": "‘⟦Yes,⟧’ she said.",
    "comma outside": "‘⟦Yes⟧’, she said. ‘⟦No.⟧’",
    "no comma": "‘⟦Yes⟧’ she said. ‘⟦No.⟧’",
    "split by the clause": "‘⟦We go,⟧’ she said, ‘⟦or we stay.⟧’",
    "a question": "‘⟦Is it over?⟧’ asked Byron. ‘⟦It is!⟧’",
    "a dash": "‘⟦Wait—⟧’ she began. ‘⟦No.⟧’",
    "between dashes": "‘⟦We can⟧’—she paused—‘⟦go now.⟧’",
    "in brackets": "(‘⟦We go,⟧’ she said.)",
    "after a colon": "She said: ‘⟦We go.⟧’",
    "inside words": "‘⟦We don’t know O’Neill’s plan,⟧’ she said.",
    "plural possessive": "‘⟦The voters’ choice is clear,⟧’ she said.",
    "several": "‘⟦The boys’ school and the girls’ school agree,⟧’ he said.",
    "over two sentences": "‘⟦The voters’ choice is clear. We won,⟧’ he said.",
    "possessive of a name": "‘⟦Jess’ cat and James’s dog,⟧’ she said.",
    "possessive at the end": "‘⟦The fund is the workers’,⟧’ she said.",
    "possessive before a noun that is also a verb": "She asked: ‘⟦Whose voters’ will?⟧’",
    "fragment that ends like a possessive": "She called them ‘⟦losers⟧’ and left. ‘⟦No,⟧’ he said.",
    "the same before a noun": "She held a ‘⟦losers⟧’ party. ‘⟦No,⟧’ he said.",
    "possessive inside a fragment": "It won the ‘⟦voters’ choice⟧’ award. ‘⟦Good,⟧’ he said.",
    "possessives outside": "The voters’ anger grew. ‘⟦We go,⟧’ she said. The traders’ strike.",
    "only apostrophes": "The voters’ anger, the traders’ strike, the ’90s, rock ’n’ roll.",
    "decades": "‘⟦It was the ’90s,⟧’ she said, ‘⟦or the ’80s’ end.⟧’",
    "years": "‘⟦We met in ’68, not ’69,⟧’ she said.",
    "a number that opens": "‘⟦50 people came,⟧’ she said.",
    "rock ’n’ roll": "‘⟦Rock ’n’ roll is here,⟧’ she said.",
    "clipped at the beginning": "‘⟦Get ’em while ’tis light,⟧’ she said.",
    "clipped at the end": "‘⟦We’re goin’ to win, an’ that’s that,⟧’ she said.",
    "clipped twice": "‘⟦Nothin’ doin’,⟧’ she said.",
    "feet": "‘⟦He is 6’ tall,⟧’ she said.",
    "double marks inside": "‘⟦He told me “never again.” I believed him,⟧’ she said.",
    "double marks inside at the end": "‘⟦You said “I’m the voters’ man”,⟧’ he said.",
    "a title outside": "‘⟦It ran,⟧’ he said of “⟦The Mill⟧”.\n\n‘⟦And ran,⟧’ she said.",
    "a fragment in one paragraph": "He spoke of ‘⟦land swaps⟧’.\n\n‘⟦It is over,⟧’ he said.",
}


@pytest.mark.parametrize("case", cases(BRITISH))
def test_single_marks_quote_where_there_are_no_others(case: str) -> None:
    assert bracketed(bare(case)) == case


@pytest.mark.parametrize("case", cases(BRITISH))
def test_straight_single_marks_quote_as_curly_ones_do(case: str) -> None:
    straight = case.translate(str.maketrans("‘’", "''"))
    assert bracketed(bare(straight)) == straight


MORE_SINGLES = {
    "a wrong mark before a word": "‘⟦Get ‘em in Ukraine‘s fields,⟧’ she said of ‘68.",
    "one curly, one straight": "‘⟦Yes,⟧' she said. '⟦No,⟧’ he said.",
    "nothing stands like speech": "The 'expert' held the players' trust.",
    "behind a bracket": "She left ('⟦We go,⟧' he said).",
    "not behind a bracket": "She left (a 'plan,' he said).",
    "others quote": 'A \'farce,\' they call it. "⟦We go,⟧" she said. "⟦We stay,⟧" he said.',
}


@pytest.mark.parametrize("case", cases(MORE_SINGLES))
def test_an_article_decides_what_its_single_marks_are(case: str) -> None:
    assert bracketed(bare(case)) == case


@pytest.mark.parametrize("first", ["‘We lost.", "She said: ‘We lost.", "‘We lost the voters’ trust."])
def test_a_single_mark_stays_open_over_paragraphs(first: str) -> None:
    lost, on, end = scan(f"{first}\n\n‘But we go on,’ she said. ‘We do.’")
    assert (lost.is_closed, lost.continues) == (False, False)
    assert (on.is_closed, on.continues) == (True, True)
    assert not end.continues


# --- unclosed marks


def test_an_unclosed_mark_runs_to_the_end_of_its_paragraph_without_its_space() -> None:
    body = "“One. \n\nTwo."
    (span,) = scan(body)
    assert body[span.start : span.end] == "One."
    assert not span.is_closed


@pytest.mark.parametrize("between", ["\n\n", "\n", "\r\n\r\n", "\r\n", "\n \n\n", "\u2029"])
def test_the_paragraph_after_an_unclosed_mark_continues_it(between: str) -> None:
    first, second = scan(f"“One.{between}“Two.” Three. “Four.”")[:2]
    assert not first.is_closed
    assert second.continues


@pytest.mark.parametrize("body", ["“One.”\n\n“Two.”", "“One.\n\nThen: “Two.”", "“One.\n\nNo mark.\n\n“Two.”"])
def test_nothing_else_is_continued(body: str) -> None:
    assert not any(span.continues for span in scan(body))


def test_words_quoted_inside_a_paragraph_that_stays_open_do_not_end_it() -> None:
    body = '"It isn’t about “Equal Justice” any more.\n\n"It is about us."'
    assert texts(body) == ["It isn’t about “Equal Justice” any more.", "It is about us."]
    assert [span.continues for span in scan(body)] == [False, True]


# --- transcripts

TRANSCRIPTS = {
    "capitals": (
        "BYRON: It will hold.\n\nLIND: I doubt it.\n\nBYRON: It will.",
        [("BYRON", "It will hold."), ("LIND", "I doubt it."), ("BYRON", "It will.")],
    ),
    "two who answer each other": (
        "BYRON: It will hold.\n\nLIND: “I doubt it.”",
        [("BYRON", "It will hold."), ("LIND", "I doubt it.")],
    ),
    "more than a name": (
        "SEN. ADA BYRON (R-Ohio): I see.\n\nBO McLIND, the moderator: Do you?\n\nBYRON: I do.",
        [("SEN. ADA BYRON", "I see."), ("BO McLIND", "Do you?"), ("BYRON", "I do.")],
    ),
    "question and answer": (
        "Q: Will it hold?\n\nA: It will.\n\nQ: Sure?\n\nA: Yes.",
        [("Q", "Will it hold?"), ("A", "It will."), ("Q", "Sure?"), ("A", "Yes.")],
    ),
    "names that return": (
        "They met.\n\nAda Byron: I hope so.\n\nBo Lind: Do you?\n\nByron: I do.",
        [("Ada Byron", "I hope so."), ("Bo Lind", "Do you?"), ("Byron", "I do.")],
    ),
    "a surname that labels one paragraph only, as a heading may": (
        "Ada Byron met Bo Lind.\n\nByron: I do.\n\nLind: You stay.\n\nByron: I go.",
        [("Byron", "I do."), ("Byron", "I go.")],
    ),
    "marks inside belong to the turn": (
        "BYRON: He said “no” to me.\n\nLIND: I did.\n\nBYRON: You did.",
        [("BYRON", "He said “no” to me."), ("LIND", "I did."), ("BYRON", "You did.")],
    ),
    "quoted with its labels": (
        '"BYRON: Did you?\n\n"LIND: I did.\n\n"BYRON: Good."\n\nThey left.',
        [("BYRON", "Did you?"), ("LIND", "I did."), ("BYRON", "Good.")],
    ),
    "asides": (
        "BYRON: I go.\n\n(LAUGHTER)\n\nLIND: (inaudible)\n\nBYRON: You stay.",
        [("BYRON", "I go."), ("BYRON", "You stay.")],
    ),
    "a surname that is a word": (
        "THERESA MAY: I will.\n\nJO LONG: You will not.\n\nMAY: I will.",
        [("THERESA MAY", "I will."), ("JO LONG", "You will not."), ("MAY", "I will.")],
    ),
    "nothing said": ("BYRON: I go.\n\nLIND: —.\n\nBYRON: You stay.", [("BYRON", "I go."), ("BYRON", "You stay.")]),
    "a court": (
        "THE COURT: Sit down.\n\nMS. BYRON: I will.\n\nTHE COURT: Go on.",
        [("THE COURT", "Sit down."), ("MS. BYRON", "I will."), ("THE COURT", "Go on.")],
    ),
}


@pytest.mark.parametrize(("body", "expected"), TRANSCRIPTS.values(), ids=TRANSCRIPTS.keys())
def test_a_turn_of_a_transcript_is_quoted_and_names_its_speaker(body: str, expected: list[Any]) -> None:
    assert labelled(body) == expected
    assert {span.style for span in scan(body)} == {"turn"}


NO_TRANSCRIPTS = {
    "one label": "BYRON: I think it will hold.\n\nThey left.",
    "datelines and updates": "UPDATE: We left.\n\nWASHINGTON: We met.\n\nUPDATE: We met again.",
    "notes": "Note: You may leave.\n\nNote: You may stay.",
    "links": "READ MORE: We went.\n\nWATCH: You stay.\n\nREAD MORE: We stay.",
    "sections": "ENERGY: Oil fell by $2.\n\nCURRENCIES: The yen rose.",
    "sections with quotes": "ENERGY: Oil fell. “We wait,” said Ada Byron.\n\nMETALS: “I go,” said Bo Lind.",
    "fields": "WHO: Ada Byron\nWHERE: our mill\nWHEN: you will see",
    "counts": "Ada Byron met Bo Lind.\n\nByron: 2,383.\n\nLind: 1,812.\n\nByron: 12.",
    "headlines": "Ada Byron: I Will Not Hold This Bridge.\n\nThey met.\n\nAda Byron: We Are Not Much Of A Party.",
    "somebody whom nobody names": "They met.\n\nVerdict: We like it.\n\nThey left.\n\nVerdict: You may not.",
    "a clause": "They said this: We go.\n\nThey said this: You stay.",
}


@pytest.mark.parametrize("body", NO_TRANSCRIPTS.values(), ids=NO_TRANSCRIPTS.keys())
def test_other_labels_quote_nobody(body: str) -> None:
    assert not any(span.style == "turn" for span in scan(body))


def test_a_turn_continues_if_its_speaker_clearly_goes_on() -> None:
    body = "Q: Why?\n\nA: It holds.\n\nI built it, you know.\n\nQ: When?\n\nA: In May.\n\nI think."
    assert [(text, span.continues) for text, span in zip(texts(body), scan(body), strict=True)] == [
        ("Why?", False),
        ("It holds.", False),
        ("I built it, you know.", True),
        ("When?", False),
        ("In May.", False),
    ]
    assert scan(body)[2].label == scan(body)[1].label


@pytest.mark.parametrize(
    "between", ["The mill burned.", "Byron paused, and we waited.", "(We laughed.)", "“We go,” he said."]
)
def test_a_narrative_paragraph_is_no_turn(between: str) -> None:
    body = f"BYRON: I go.\n\nLIND: You do?\n\n{between}\n\nBYRON: I do."
    assert not any(span.style == "turn" and span.continues for span in scan(body))


@pytest.mark.parametrize("body", ['The beam is 6"wide and 5"tall.', 'He wrote a"b and c"d.'])
def test_a_straight_mark_between_letters_opens_nothing(body: str) -> None:
    assert texts(body) == []


def test_the_label_of_a_turn_stays_outside_its_token() -> None:
    body = '"BYRON: Did you?\n\n"LIND: I did.\n\nBYRON: “Good.”'
    for span, paragraph in zip(scan(body), parse(body).paragraphs, strict=True):
        assert span.label is not None
        label, colon, quoted = paragraph.tokens[-3:]
        assert (label.start, label.end) == span.label
        assert (colon.text, quoted.start, quoted.end) == (":", span.left, span.right)


# --- block quotes

BLOCKS = {
    "angles": "She wrote:\n\n> ⟦We go now.⟧\n> ⟦We stay.⟧\n\nThen she left.",
    "angles without a colon": "A letter came.\n\n> ⟦We will go.⟧\n\nThen she left.",
    "a blank line inside": "> ⟦We will go now.⟧\n>\n> ⟦We stay.⟧\n\nThen she left.",
    "wrapped": "She wrote a letter\nand sent it\nto me:\n\n> ⟦We will go now, or we⟧\n> ⟦stay.⟧\n\nThen she\nleft.",
    "signed": "> ⟦We will go.⟧\n> — Ada Byron\n\nThen she left.",
    "set in after a colon": "She wrote:\n\n    ⟦We will go.⟧\n\n\t⟦We stay.⟧\n\nThen she left.",
    "angles as references": "&gt; ⟦We will go.⟧",
}


@pytest.mark.parametrize("case", cases(BLOCKS))
def test_a_block_quote_needs_no_marks(case: str) -> None:
    body = bare(case)
    assert bracketed(body) == case
    assert {span.style for span in scan(body)} == {"block"}
    assert [span.continues for span in scan(body)] in ([False], [False, True])


NO_BLOCKS = {
    "a link": "> Read more about it\n\nThey met.",
    "no space": ">We will go.",
    "only the first line": "She wrote that\nshe would\ngo:\n\n> We will go.\nThen she\nleft.",
    "not after a colon": "She wrote.\n\n    We will go.",
    "a list": "The plan:\n\n    - We go now.\n    - We stay.",
    "a table": "The score:\n\n    Byron 2, Lind 1",
    "set in like the rest": "    She wrote:\n\n    We will go.\n\n    Then she left.",
}


@pytest.mark.parametrize("body", NO_BLOCKS.values(), ids=NO_BLOCKS.keys())
def test_other_lines_are_no_block(body: str) -> None:
    assert scan(body) == []


def test_a_block_with_marks_of_its_own_is_read_by_its_marks() -> None:
    body = "> “We go,” she said.\n> “We stay.”"
    assert texts(body) == ["We go,", "We stay."]
    assert {span.style for span in scan(body)} == {"marks"}


# --- references, spaces, invisible characters

REFERENCES = {
    "named": "&quot;⟦Yes,⟧&quot; she said. &ldquo;⟦No.⟧&rdquo;",
    "decimal": "&#34;⟦Yes,⟧&#34; she said. &#8220;⟦No.⟧&#8221;",
    "hexadecimal": "&#x22;⟦Yes,⟧&#x22; she said. &#x201C;⟦No.⟧&#X201d;",
    "of an old encoding": "&#147;⟦Yes,⟧&#148; she said.",
    "guillemets": "&laquo;&nbsp;⟦Oui⟧&nbsp;&raquo;, dit-elle.",
    "low": "&bdquo;⟦Ja⟧&ldquo;, sagte sie.",
    "singles": "&lsquo;⟦Yes,⟧&rsquo; she said. &apos;⟦No.⟧&#39;",
    "apostrophes": "&lsquo;⟦The voters&rsquo; choice,⟧&rsquo; she said.",
    "beside characters": "“⟦Yes,⟧&rdquo; she said. &ldquo;⟦No.⟧”",
    "spaces": "&nbsp;&#160;“&nbsp;⟦Yes,⟧&ensp;” she said.",
    "no space and no mark": "&shy;“&#8203;⟦Yes,⟧&zwnj;” she said.",
    "unknown ones are words": "“⟦&bogus;⟧” she said. “⟦&quot⟧” &;",
}


@pytest.mark.parametrize("case", cases(REFERENCES))
def test_a_reference_is_its_character(case: str) -> None:
    assert bracketed(bare(case)) == case


@pytest.mark.parametrize("hidden", ["\u200b", "\u200e", "\u202a", "\u2069", "\ufeff", "\xad", "\x00", "\x1b", "\x7f"])
def test_invisible_characters_decide_nothing_and_bound_no_span(hidden: str) -> None:
    seen = "“Yes,” she said. ''No,'' ”so.” ‘Not’ the voters’."
    body = hidden + hidden.join(seen) + hidden
    assert [text.replace(hidden, "") for text in texts(body)] == texts(seen)
    assert all(text[0] != hidden and text[-1] != hidden for text in texts(body))


@pytest.mark.parametrize("space", ["\xa0", "\u2009", "\u202f", "\u3000", "&nbsp;", "&#8239;"])
def test_every_space_is_a_space(space: str) -> None:
    body = f"She said:{space}“{space}Yes,{space}”{space}and{space}‘no’."
    assert texts(body) == ["Yes,", "no"]


def words(body: str) -> list[str]:
    return [token.text for paragraph in parse(body).paragraphs for token in paragraph.tokens]


def test_a_word_is_one_token_whatever_it_hides() -> None:
    assert words("Go\xadvernor O&#8217;Ne\u200bill of AT&amp;T") == ["Governor", "O’Neill", "of", "AT&T"]


def test_a_token_stands_where_its_word_stands() -> None:
    body = "\ufeffDr.\xa0&Eacute;t\xadoile&nbsp;said."
    (paragraph,) = parse(body).paragraphs
    words = [body[token.start : token.end] for token in paragraph.tokens]
    assert words == ["Dr", ".", "&Eacute;t\xadoile", "said", "."]
    assert body[paragraph.start : paragraph.end] == body[1:]


# --- paragraphs


def test_a_line_is_a_paragraph_unless_lines_are_wrapped() -> None:
    assert len(paragraphs("One line.\nAnother line.\nA third.")) == 3
    assert len(paragraphs("One line that\ngoes on and\non.\n\nAnother.")) == 2


def test_a_line_of_invisible_characters_is_blank() -> None:
    assert paragraphs("One.\n\u200b\ufeff\nTwo.") == [(0, 4), (8, 12)]


# --- invariants of every scan


@sampled(100)
@given(ANYTHING)
def test_spans_are_ordered_disjoint_and_inside_the_body(body: str) -> None:
    last = 0
    for span in scan(body):
        assert last <= span.left <= span.start < span.end <= span.right <= len(body)
        last = span.right


@sampled(100)
@given(ANYTHING)
def test_a_span_holds_a_word_and_no_space_at_its_ends(body: str) -> None:
    for span in scan(body):
        text = body[span.start : span.end]
        assert text == text.strip()
        assert any(c.isalnum() for c in text)


@sampled(100)
@given(ANYTHING)
def test_a_span_with_marks_has_them_and_one_without_has_none(body: str) -> None:
    for span in scan(body):
        if span.style == "marks":
            assert span.left < span.start
            assert span.is_closed == bool(plain(body[span.end : span.right]).text.strip())
        assert (span.label is not None) == (span.style == "turn")


@sampled(100)
@given(ANYTHING)
def test_no_span_crosses_a_paragraph(body: str) -> None:
    ranges = paragraphs(body)
    for span in scan(body):
        start, end = ranges[span.paragraph]
        assert start <= span.left < span.right <= end


@sampled(100)
@given(ANYTHING)
def test_a_span_that_continues_follows_another(body: str) -> None:
    spans = scan(body)
    for before, span in zip([None, *spans], spans, strict=False):
        if span.continues:
            assert before is not None
            assert span.style == "block" or span.paragraph == before.paragraph + 1
            assert span.style != "marks" or not before.is_closed


@given(MARKED)
def test_paragraphs_cover_every_word(body: str) -> None:
    kept = "".join(body[start:end] for start, end in paragraphs(body))
    assert [c for c in kept if c.isalnum()] == [c for c in body if c.isalnum()]


NAMES = {"“": "&ldquo;", "”": "&#8221;", "‘": "&lsquo;", "’": "&#x2019;", '"': "&quot;", "„": "&bdquo;", "«": "&laquo;"}


@sampled(100)
@given(ANYTHING)
def test_references_for_marks_change_no_span(body: str) -> None:
    assume("&" not in body)
    replaced = "".join(NAMES.get(c, c) for c in body)
    assert [unescape(text) for text in texts(replaced)] == [unescape(text) for text in texts(body)]


@sampled(100)
@given(ANYTHING)
def test_the_tokens_of_a_body_are_its_words_in_order(body: str) -> None:
    document = parse(body)
    last = 0
    for paragraph in document.paragraphs:
        assert len(paragraph.sentences) == len(paragraph.tokens)
        for token in paragraph.tokens:
            assert last <= token.start < token.end <= paragraph.end
            last = token.end
    quoted = [token for paragraph in document.paragraphs for token in paragraph.tokens if token.is_quote]
    assert [(token.start, token.end) for token in quoted] == [(span.left, span.right) for span in document.spans]
    assert list(document.spans) == scan(body)


def test_a_span_knows_its_kind_by_default() -> None:
    assert Span(1, 2, 0, 3, 0) == Span(1, 2, 0, 3, 0, is_closed=True, continues=False, style="marks", label=None)
