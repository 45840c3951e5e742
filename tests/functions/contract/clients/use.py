"""A client of the API as somebody would write it, with the package that openapi-python-client makes."""

import json
import os

from quoth_client import AuthenticatedClient, Client
from quoth_client.api.exports import post_export
from quoth_client.api.intake import post_article, post_quotes
from quoth_client.api.quotes import check_draft, get_quote, search_quotes, verify_text
from quoth_client.models import (
    Article,
    ArticleAccepted,
    CheckAnswer,
    DetailAnswer,
    DraftToCheck,
    Export,
    ExportAnswer,
    ExportFormat,
    NinjsArticle,
    NinjsArticleBodiesItem,
    PageAnswer,
    Problem,
    QuotesAccepted,
    RememberedQuote,
    SearchQuotesFacetsItem,
    SpokenQuote,
    VerificationAnswer,
)
from quoth_client.types import Unset

client = Client(base_url=os.environ["QUOTH_URL"])
# API Gateway checks the signature of writes; `quoth serve` does not.
writer = AuthenticatedClient(base_url=os.environ["QUOTH_URL"], token="unsigned")

page = search_quotes.sync(client=client, q="dam", speaker=["Okafor"], facets=[SearchQuotesFacetsItem.SPEAKER], limit=2)
assert isinstance(page, PageAnswer)
first = page.hits[0]
assert first.speaker is not None
assert not isinstance(page.facets.speaker, Unset)

whole = get_quote.sync(first.id, client=client)
assert isinstance(whole, DetailAnswer)
assert whole.context is not None

verified = verify_text.sync(client=client, body=RememberedQuote(text="the dam would hold", speaker="Okafor"))
assert isinstance(verified, VerificationAnswer)
checked = check_draft.sync(client=client, body=DraftToCheck(text="“The dam will hold,” Ada Okafor said."))
assert isinstance(checked, CheckAnswer)
added = post_article.sync(
    client=writer, body=Article(body="“Rain again,” said Bo Lind.", published="2025-08", headline="Rain")
)
assert isinstance(added, ArticleAccepted)
body = NinjsArticleBodiesItem.from_dict({"contentType": "text/plain", "value": "“So be it,” said Bo Lind."})
ninjs = post_article.sync(client=writer, body=NinjsArticle(uri="urn:ninjs", bodies=[body]))
assert isinstance(ninjs, ArticleAccepted)
given = post_quotes.sync(client=writer, body=SpokenQuote(text="We will rebuild.", speaker="Ada Okafor"))
assert isinstance(given, QuotesAccepted)
exported = post_export.sync(client=writer, body=Export(q="dam", format_=ExportFormat.CSV))
assert isinstance(exported, ExportAnswer)

refused = search_quotes.sync_detailed(client=client, limit=0)
assert isinstance(refused.parsed, Problem)
assert not isinstance(refused.parsed.errors, Unset)

print(
    json.dumps(
        {
            "speaker": first.speaker.name,
            "total": page.total.value,
            "count": page.facets.speaker[0].count,
            "published": None if first.article.published is None else first.article.published.isoformat(),
            "context": whole.context.after[:8],
            "verdict": verified.verdict.value,
            "said": verified.differences[0].said,
            "checked": [quote.verdict.value for quote in checked.quotes],
            "version": added.version,
            "ninjs": ninjs.article_id,
            "accepted": given.accepted,
            "exported": exported.status.value,
            "status": refused.status_code,
            "error": refused.parsed.errors[0].detail,
        }
    )
)
