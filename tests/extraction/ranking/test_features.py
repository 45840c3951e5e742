"""The features that the rankers read: the keys of the learned weights, so they may change only together.

After a change of the features, `make train` learns the weights, and `python -m tests.extraction.ranking.test_features`
records the features of the articles in tests/cases/features.json again.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quoth.article import Article
from quoth.extraction import extract
from quoth.extraction.attribution import antecedent_features, attribute, mention_features
from quoth.extraction.attribution.antecedents import AntecedentFeatures
from quoth.extraction.attribution.coreference import DiscourseState
from quoth.extraction.attribution.evidence import Candidate
from quoth.extraction.attribution.mention_candidates import MentionFeatures
from quoth.extraction.entities.clusters import gather
from quoth.extraction.parsing.clauses import parse_paragraphs
from quoth.extraction.parsing.document import parse
from quoth.extraction.ranking.features import FeatureTemplate, spell_out

CASES = Path(__file__).parents[2] / "cases" / "features.json"
RECORD = json.loads(CASES.read_text("utf-8"))
Templates = list[FeatureTemplate]


def templates_of(body: str) -> dict[str, Templates]:
    """Return the feature templates of each option that a ranker weighs in an article: the mentions of a quote and
    nobody, the antecedents of a mention and nobody, and whether a quote is a term.
    """
    found: dict[str, Templates] = {}

    def listen(owner: Any, name: str, option: Callable[..., str]) -> None:
        computed = getattr(owner, name)

        def kept(*given: Any) -> Templates:
            templates = list(computed(*given))
            found[option(*given)] = templates
            return templates

        patch.setattr(owner, name, kept)

    with pytest.MonkeyPatch.context() as patch:
        listen(MentionFeatures, "features_of_nobody", lambda its: f"“{its.context.text}” by nobody")
        listen(MentionFeatures, "features_of", lambda its, one: f"“{its.context.text}” by {one.phrase.text}")
        listen(AntecedentFeatures, "features_of_nobody", lambda its: f"{its.phrase.text} is nobody")
        listen(AntecedentFeatures, "features_of", lambda its, one: f"{its.phrase.text} is {one.person.name}")
        listen(attribute, "features_of_matter", lambda context, _: f"“{context.text}” as a term")
        extract(Article(body=body))
    return found


def features_of(body: str) -> dict[str, str]:
    return {option: "; ".join(spell_out(templates)) for option, templates in templates_of(body).items()}


@pytest.mark.parametrize("name", RECORD["articles"])
def test_an_article_gives_the_features_that_the_weights_belong_to(name: str) -> None:
    article = RECORD["articles"][name]
    assert features_of(article["body"]) == article["features"]


def test_every_template_has_a_case() -> None:
    used = {
        template
        for article in RECORD["articles"].values()
        for templates in templates_of(article["body"]).values()
        for template, *_ in templates
    }
    for module in (mention_features, antecedent_features):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            assert function in used, name


def test_a_reader_is_told_where_the_person_of_a_role_is_named() -> None:
    document = parse(
        "Ada Byron came.\n\nIt fell.\n\nBo Lind came.\n\nCleo Roe left. “No,” the manager said."
        "\n\nCorey Kern, it said, left."
    )
    paragraphs = parse_paragraphs(document)
    state = DiscourseState(paragraphs, gather(paragraphs, None, ()))
    (role,) = [phrase for phrase in paragraphs[3].phrases if phrase.text == "the manager"]
    features = AntecedentFeatures(Candidate(role, paragraphs[3]), state)
    assert [features.resolution(antecedent).because for antecedent in features.antecedents] == [
        "“the manager” stands for Cleo Roe, named in the same paragraph",
        "“the manager” stands for Bo Lind, named in the paragraph above",
        "“the manager” stands for Ada Byron, named 3 paragraphs above",
        "“the manager” stands for Corey Kern, whom the next paragraph names",
    ]


if __name__ == "__main__":
    for article in RECORD["articles"].values():
        article["features"] = features_of(article["body"])
    CASES.write_text(json.dumps(RECORD, ensure_ascii=False, indent=1) + "\n", "utf-8")
