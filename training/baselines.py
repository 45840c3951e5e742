"""The baseline of the evaluation: the first rules of this project, which followed the most reliable pattern."""

from __future__ import annotations

from collections.abc import Iterator

from quoth.extraction.attribution.attribute import SpanEvidence, gather_evidence
from quoth.extraction.attribution.coreference import DiscourseState, resolve
from quoth.extraction.attribution.evidence import Candidate, Evidence
from quoth.extraction.attribution.non_speech import is_not_speech
from quoth.extraction.entities import clusters
from quoth.extraction.parsing.clauses import parse_paragraphs
from quoth.extraction.parsing.document import parse
from training.corpus import GoldArticle
from training.metric import Predicted


def first_rules(article: GoldArticle) -> Iterator[Predicted]:
    """Yield the quotes of an article, with the speaker by the most reliable pattern and rule."""
    document = parse(article.text)
    paragraphs = parse_paragraphs(document)
    entities = clusters.gather(
        paragraphs, document.headline, (article.text[span.start : span.end] for span in document.spans)
    )
    state = DiscourseState(paragraphs, entities)
    for span_evidence, span in zip(gather_evidence(document, paragraphs), document.spans, strict=False):
        evidence = _first_evidence(span_evidence)
        speaker = None
        if evidence is not None:
            mention = Candidate(evidence.phrase, paragraphs[evidence.paragraph_number])
            speaker = resolve(mention, state).person
            if speaker is not None:
                state.note_speaker(span.paragraph, speaker, mention.phrase)
            elif mention.phrase.kind == "nominal":
                state.unnamed_speaker = mention
        method = "nothing" if evidence is None else evidence.method
        yield Predicted(span.start, span.end, speaker.name if speaker else None, method=method)


def _first_evidence(span_evidence: SpanEvidence) -> Evidence | None:
    return None if is_not_speech(span_evidence.context) or not span_evidence.proposals else span_evidence.proposals[0]
