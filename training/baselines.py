"""What the ranker is measured beside: the first rules of this project, which took the surest pattern's word."""

from __future__ import annotations

from collections.abc import Iterator

from quoth.extraction import people, reading
from quoth.extraction.attribution import Glance, glances
from quoth.extraction.clauses import stage
from quoth.extraction.evidence import Candidate, Evidence
from quoth.extraction.resolution import Memory, resolve
from quoth.extraction.silence import is_silent
from training.corpus import GoldArticle
from training.metric import Predicted


def first_rules(article: GoldArticle) -> Iterator[Predicted]:
    """Yield the quotes of an article with the speaker that the surest pattern and the surest rule name."""
    read = reading.read(article.text)
    scenes = stage(read)
    cast = people.gather(scenes, read.headline, (article.text[span.start : span.end] for span in read.spans))
    memory = Memory(scenes, cast)
    for glance, span in zip(glances(read, scenes), read.spans, strict=False):
        evidence = _surest(glance)
        speaker = None
        if evidence is not None:
            mention = Candidate(evidence.phrase, scenes[evidence.paragraph])
            speaker = resolve(mention, memory).person
            if speaker is not None:
                memory.hears(span.paragraph, speaker, mention.phrase)
            elif mention.phrase.kind == "nominal":
                memory.unnamed = mention
        method = "nothing" if evidence is None else evidence.method
        yield Predicted(span.start, span.end, speaker.name if speaker else None, method=method)


def _surest(glance: Glance) -> Evidence | None:
    return None if is_silent(glance.place) or not glance.proposals else glance.proposals[0]
