"""What the ranker is measured beside: the first rules of this project, which took the surest pattern's word."""

from __future__ import annotations

from collections.abc import Iterator

from quoth.extraction.attribution.attribute import SpanEvidence, gather_evidence
from quoth.extraction.attribution.coreference import DiscourseState, resolve
from quoth.extraction.attribution.evidence import Candidate, Evidence
from quoth.extraction.attribution.non_speech import is_not_speech
from quoth.extraction.entities import clusters
from quoth.extraction.parsing import document
from quoth.extraction.parsing.clauses import parse_paragraphs
from training.corpus import GoldArticle
from training.metric import Predicted


def first_rules(article: GoldArticle) -> Iterator[Predicted]:
    """Yield the quotes of an article with the speaker that the surest pattern and the surest rule name."""
    read = document.parse(article.text)
    scenes = parse_paragraphs(read)
    cast = clusters.gather(scenes, read.headline, (article.text[span.start : span.end] for span in read.spans))
    memory = DiscourseState(scenes, cast)
    for glance, span in zip(gather_evidence(read, scenes), read.spans, strict=False):
        evidence = _surest(glance)
        speaker = None
        if evidence is not None:
            mention = Candidate(evidence.phrase, scenes[evidence.paragraph])
            speaker = resolve(mention, memory).person
            if speaker is not None:
                memory.note_speaker(span.paragraph, speaker, mention.phrase)
            elif mention.phrase.kind == "nominal":
                memory.unnamed = mention
        method = "nothing" if evidence is None else evidence.method
        yield Predicted(span.start, span.end, speaker.name if speaker else None, method=method)


def _surest(glance: SpanEvidence) -> Evidence | None:
    return None if is_not_speech(glance.place) or not glance.proposals else glance.proposals[0]
