// A client of the API as somebody would write it, with the types that openapi-typescript makes; without a cast.
import createClient from "openapi-fetch";
import type { components, paths } from "./quoth.js";

declare const process: { env: Record<string, string | undefined> };

type Hit = components["schemas"]["HitAnswer"];
type Query = NonNullable<paths["/v1/quotes"]["get"]["parameters"]["query"]>;

const client = createClient<paths>({ baseUrl: process.env["QUOTH_URL"] ?? "" });

const nameOf = (hit: Hit): string | undefined => hit.speaker?.name;

const search = await client.GET("/v1/quotes", {
  params: { query: { q: "dam", speaker: ["Okafor"], facets: ["speaker"], limit: 2 } },
});
if (!search.data) throw new Error("no answer");
const page = search.data;

const first = page.hits[0];
if (!first) throw new Error("no hit");
const whole = await client.GET("/v1/quotes/{id}", { params: { path: { id: first.id } } });

const verify = await client.POST("/v1/verify", { body: { text: "the dam would hold", speaker: "Okafor" } });
const check = await client.POST("/v1/check", { body: { text: "“The dam will hold,” Ada Okafor said." } });
const added = await client.POST("/v1/articles", {
  body: { body: "“Rain again,” said Bo Lind.", published: "2025-08", headline: "Rain" },
});
const ninjs = await client.POST("/v1/articles", {
  body: { uri: "urn:ninjs", bodies: [{ contentType: "text/plain", value: "“So be it,” said Bo Lind." }] },
});
const given = await client.POST("/v1/quotes", { body: { text: "We will rebuild.", speaker: "Ada Okafor" } });
const exported = await client.POST("/v1/exports", { body: { q: "dam", format: "csv" } });

// @ts-expect-error: the name of the parameter is misspelt
const misspelt: Query = { speeker: ["Okafor"] };
const wrong = await client.GET("/v1/quotes", { params: { query: misspelt } });
const refused = await client.GET("/v1/quotes", { params: { query: { limit: 0 } } });

console.log(
  JSON.stringify({
    speaker: nameOf(first),
    total: page.total.value,
    count: page.facets.speaker?.[0]?.count,
    published: first.article.published,
    context: whole.data?.context?.after.slice(0, 8),
    verdict: verify.data?.verdict,
    said: verify.data?.differences[0]?.said,
    checked: check.data?.quotes.map((quote) => quote.verdict),
    version: added.data?.version,
    ninjs: ninjs.data?.article_id,
    accepted: given.data?.accepted,
    exported: exported.data?.status,
    status: refused.response.status,
    misspelt: wrong.error && "errors" in wrong.error ? wrong.error.errors?.[0]?.parameter : undefined,
    error: refused.error && "errors" in refused.error ? refused.error.errors?.[0]?.detail : undefined,
  }),
);
