// Replaces the hits of the search page from the same JSON that everybody gets, and adds buttons that copy.
// Every text is set as text, and no address is a link unless it is one of the web.

const DELAY = 50; // ms after the last key: the answer then stands within 150
const FACETS = "speaker,publisher,type,year,month";
const HERE = new URL(".", import.meta.url); // the base path of the pages
const TYPES = { direct: "direct quotes", partial: "parts of sentences", indirect: "in the reporter’s words", term: "terms", title: "titles" };
const KINDS = { partial: "part of a sentence", indirect: "in the reporter’s words", term: "a term in marks, said by nobody", title: "a title in marks, said by nobody" };
const SORTS = { relevance: "best match", newest: "newest", oldest: "oldest" };
const FEEDS = { atom: "Atom", jsonfeed: "JSON Feed" };
const COLLAPSES = { none: "every quote", utterance: "one per utterance", wording: "one per wording" };
const MOST_MONTHS = 48, LEAST_MONTHS = 12, HEIGHT = 48, STEP = 8;
const EXCERPT = 600, BEFORE = 120;

const at = (id) => document.getElementById(id);
const form = at("search");

function node(name, attributes = {}, ...children) {
  const made = name in { svg: 1, path: 1, rect: 1, title: 1 } || attributes.svg
    ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || key === "svg") continue;
    if (key === "href" && !/^(https?:\/\/|\/(?!\/))/i.test(value)) continue;
    made.setAttribute(key, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

const number = (value) => value.toLocaleString("en-US");
const count = (value, noun) => `${number(value)} ${noun}${value === 1 ? "" : "s"}`;
const monthName = (month) => new Date(Date.UTC(2000, month - 1)).toLocaleDateString("en-GB", { month: "long", timeZone: "UTC" });
const day = (moment) => new Date(moment).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const period = (value) => (value.length > 4 ? `${monthName(+value.slice(5))} ${value.slice(0, 4)}` : value);
const path = (...parts) => HERE.pathname + parts.map(encodeURIComponent).join("/");
const one = (text) => text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, " ");

// ------------------------------------------------------------------------------------------------- the state

function state(search) {
  const pairs = [...new URLSearchParams(search)].filter(([, value]) => value.trim());
  return new URLSearchParams(pairs);
}
const page = (parameters) => HERE.pathname + (`${parameters}` ? `?${parameters}` : "");
function changed(parameters, changes) {
  const next = new URLSearchParams(parameters);
  next.delete("cursor");
  for (const [name, value] of Object.entries(changes)) value === null ? next.delete(name) : next.set(name, value);
  return page(next);
}
function more(parameters, name, value) {
  const next = without(parameters, name, value);
  next.append(name, value);
  return page(next);
}
function without(parameters, name, value) {
  const next = new URLSearchParams([...parameters].filter(([key, given]) => key !== "cursor" && !(key === name && given === value)));
  return next;
}
function within(parameters, value) {
  const [year, month] = value.split("-");
  const last = month ? `${value}-${new Date(Date.UTC(+year, +month, 0)).getUTCDate()}` : `${year}-12-31`;
  return changed(parameters, { from: month ? `${value}-01` : `${year}-01-01`, to: last });
}

// ---------------------------------------------------------------------------------------------------- the hits

function certainty({ attribution, speaker }) {
  if (attribution.status === "denied") return ["denied", "denied by the article"];
  if (!speaker) return ["nobody", "no speaker found"];
  if (attribution.confidence === null) return ["given", "speaker as given with the quote"];
  const share = `${Math.floor(attribution.confidence * 100 + 1e-9)}%`;
  if (attribution.confidence < 0.8) return ["doubt", `uncertain, ${share}`];
  return ["sure", `${attribution.confidence >= 0.95 ? "almost certain" : "likely"}, ${share}`];
}
function named(speaker) {
  const notes = [speaker.type && speaker.type !== "person" ? speaker.type : null, speaker.mixed_script ? "mixed script" : null];
  const told = notes.filter(Boolean).join(", ");
  return one(speaker.name) + (told ? ` (${told})` : "");
}
function who(hit) {
  if (hit.speaker) return node("b", {}, node("a", { href: path("s", hit.speaker.id), rel: "nofollow" }, named(hit.speaker)));
  const nobody = hit.denied_speaker ? `Denied by the article: ${named(hit.denied_speaker)} did not say this` : "Speaker unknown";
  return node("b", { class: "nobody" }, nobody);
}
// Offsets count code points, and a string of this language has units of another size.
function words(hit) {
  const text = [...hit.text], spans = hit.highlights ?? [];
  let start = 0, end = text.length;
  if (end > EXCERPT) {
    const first = spans.length ? spans[0].start : 0;
    start = first < EXCERPT - BEFORE ? 0 : text.indexOf(" ", first - BEFORE - 1) + 1;
    const full = start + EXCERPT;
    end = full >= text.length ? text.length : Math.max(text.lastIndexOf(" ", full - 1), start + EXCERPT / 2);
  }
  const [left, right] = hit.type === "indirect" ? ["", ""] : ["“", "”"];
  const parts = [left + (start ? "… " : "")];
  let place = start;
  for (const span of spans) {
    if (span.start >= end || span.end <= place) continue;
    const from = Math.max(span.start, place), to = Math.min(span.end, end);
    parts.push(text.slice(place, from).join(""), node("mark", {}, text.slice(from, to).join("")));
    place = to;
  }
  return [...parts, text.slice(place, end).join(""), (end < text.length ? " …" : "") + right];
}
function origin({ article, links }) {
  const date = article.published === null ? "date unknown" : node("time", { datetime: article.published.slice(0, 10) }, day(article.published));
  const source = links.source ? [" · ", node("a", { href: links.source, rel: "noopener", class: "source" }, "read it there")] : null;
  return [node("cite", { dir: "auto" }, one(article.headline ?? "Headline unknown")), " · ", one(article.publisher ?? "publisher unknown"), " · ", date, source];
}
function group({ quotes, articles, publishers, first_seen }) {
  const seen = first_seen === null ? "" : `, first seen ${day(first_seen)}`;
  return `${count(quotes, "quote")} in ${count(articles, "article")}${publishers ? `, ${count(publishers, "publisher")}` : ""}${seen}`;
}
function item(hit) {
  const [kind, sure] = certainty(hit);
  const beside = Object.entries(hit.found ?? {}).filter(([, place]) => place === "about").map(([word]) => `“${one(word)}”`);
  const missing = (hit.missing ?? []).flatMap((word, place) => [place ? ", " : null, node("s", {}, word)]);
  return node("li", { class: kind }, node("article", {},
    node("blockquote", { dir: "auto" }, node("p", {}, node("a", { href: path("q", hit.id), class: "words" }, words(hit)))),
    node("p", { class: "by" }, who(hit), " ", hit.speaker ? node("span", { class: "certainty" }, sure) : null,
      KINDS[hit.type] ? node("span", { class: "kind" }, KINDS[hit.type]) : null),
    node("p", { class: "origin" }, origin(hit)),
    hit.attribution.method === "given" ? null : node("p", { class: "why" }, one(hit.attribution.why)),
    missing.length ? node("p", { class: "missing" }, "without ", missing) : null,
    beside.length ? node("p", { class: "why" }, `${beside.join(", ")} in the headline or beside the quote`) : null,
    hit.collapsed?.quotes > 1 ? node("p", { class: "group" }, group(hit.collapsed)) : null));
}

// --------------------------------------------------------------------------------------- what stands around them

function summary({ query, total, related }, parameters) {
  const most = related.value ? `, ${related.relation === "gte" ? "more than " : ""}${number(related.value)} with most of the words in or beside the quote` : "";
  const match = total.value === 1 ? "matches" : "match";
  if (query.collapse) return `${count(total.value, query.collapse)} ${match}${most}`;
  if (![...parameters].some(([name]) => !["sort", "cursor"].includes(name))) return `${count(total.value, "quote")} in the archive`;
  return `${count(total.value, "quote")} ${match}${most}`;
}
function advice({ query }, parameters) {
  const told = (query.corrections ?? []).map(({ parameter, given, corrected_to }) =>
    node("p", {}, `${parameter === "q" ? "No quote has the word" : "No speaker is named"} “${one(given)}”; these match `, node("b", {}, corrected_to.map(one).join(", ")), "."));
  if (query.did_you_mean) {
    told.push(node("p", {}, "Did you mean ", node("a", { href: changed(parameters, { q: query.did_you_mean }) }, one(query.did_you_mean)), "?"));
  }
  return told;
}
function chips({ facets }, parameters) {
  const names = Object.fromEntries((facets.speaker ?? []).map((bucket) => [bucket.id, named(bucket)]));
  const chip = (label, href) => node("a", { href, rel: "nofollow", "aria-label": `Remove ${label}` }, `${label} `, node("span", { "aria-hidden": "true" }, "×"));
  const made = [...parameters]
    .filter(([name]) => ["speaker", "publisher", "type", "language", "status"].includes(name))
    .map(([name, value]) => chip(one(names[value] ?? (name === "type" ? TYPES[value] : null) ?? value), page(without(parameters, name, value))));
  const from = parameters.get("from"), to = parameters.get("to");
  if (from || to) made.push(chip(from && to ? `${from} to ${to}` : from ? `since ${from}` : `until ${to}`, changed(parameters, { from: null, to: null })));
  return made;
}
function orders({ query, hits }, parameters) {
  const choice = (title, name, options, chosen) => node("p", {}, `${title}: `, Object.entries(options).map(([value, label]) =>
    [node("a", { href: changed(parameters, { [name]: value }), rel: "nofollow", "aria-current": value === chosen ? "true" : null }, label), " "]));
  if (!hits.length) return [];
  const hasWords = hits.some((hit) => hit.score > 0);
  const { relevance, ...dates } = SORTS;
  const sort = query.sort && (query.sort !== "relevance" || hasWords) ? query.sort : hasWords ? "relevance" : "newest";
  return [choice("Order", "sort", hasWords ? SORTS : dates, sort), choice("Show", "collapse", COLLAPSES, query.collapse ?? "none"), follow(parameters)];
}
function follow(parameters) {
  const links = Object.entries(FEEDS).map(([format, label]) => {
    const pairs = [...parameters].filter(([name]) => !["sort", "collapse", "cursor", "facets", "facet_size", "limit", "as_of"].includes(name));
    return [node("a", { href: `${path("v1", "quotes")}?${new URLSearchParams([...pairs, ["format", format]])}`, rel: "nofollow" }, label), " "];
  });
  return node("p", {}, "Follow: ", links);
}
function results(answer, parameters) {
  if (!answer.hits.length) return [empty(answer, parameters)];
  const items = [];
  let isFull = true;
  for (const hit of answer.hits) {
    if (isFull && (hit.missing || Object.values(hit.found ?? {}).includes("about"))) {
      isFull = false;
      items.push(node("li", { class: "divide" }, "These have most of the words, in or beside the quote."));
    }
    items.push(item(hit));
  }
  const links = [];
  if (parameters.has("cursor")) links.push(node("a", { href: changed(parameters, {}), rel: "nofollow" }, "From the beginning"), " ");
  if (answer.next_cursor) links.push(node("a", { href: changed(parameters, { cursor: answer.next_cursor }), rel: "nofollow next", class: "next" }, "More quotes"));
  return [node("ol", { class: "hits", id: "hits" }, items), node("p", { class: "pager", id: "pager" }, links)];
}
function empty({ index, explanation }, parameters) {
  const q = parameters.get("q"), lines = [];
  for (const word of explanation?.unknown_words ?? []) lines.push(`No quote has the word “${one(word)}”.`);
  for (const { name, near } of explanation?.unknown_speakers ?? []) {
    const links = near.flatMap((speaker, place) => [place ? ", " : "; near is ", node("a", { href: path("s", speaker.id) }, named(speaker)), ` (${count(speaker.quotes, "quote")})`]);
    lines.push([`No quote is by “${one(name)}”`, links, "."]);
  }
  for (const search of explanation?.wider ?? []) {
    const [text, changes] = wider(search, parameters, explanation.unknown_words);
    const most = search.related ? `${number(search.related)} with most of the words` : null;
    const told = [search.total ? count(search.total, "quote") : null, most].filter(Boolean).join(", and ");
    const line = `${told}${search.total && search.related && search.change !== "without_filter" ? "," : ""} ${text}`;
    lines.push(changes ? node("a", { href: changed(parameters, changes), rel: "nofollow" }, line) : line);
  }
  if (q) lines.push([node("a", { href: `${path("verify")}?${new URLSearchParams({ text: q })}`, rel: "nofollow" }, "Verify these words"), ", however they were said."]);
  lines.push([node("a", { href: HERE.pathname }, "See the whole archive"), " and narrow it down."]);
  const why = index.quotes ? "No quote has all of this." : "The archive is empty.";
  return node("section", { class: "empty" }, node("h2", {}, "Nothing was found"),
    node("p", {}, `${why} What is not here may still have been said.`), node("ul", {}, lines.map((line) => node("li", {}, line))));
}
function wider({ change, parameter }, parameters, unknown) {
  const q = parameters.get("q") ?? "";
  switch (change) {
    case "without_filter": return [`without the filter ${parameter}`, parameters.has(parameter) && { [parameter]: null }];
    case "without_filters": return ["without any filter", { speaker: null, publisher: null, type: null, language: null, status: null, from: null, to: null, min_confidence: null }];
    case "with_indirect": return ["among the statements in the reporter’s words (type:indirect)", { type: "direct,partial,indirect" }];
    case "older": return ["before these dates", outside(parameters, "from", "to", -1)];
    case "newer": return ["after these dates", outside(parameters, "to", "from", 1)];
    case "undated": return ["without a date"];
    case "without_unknown_words": {
      const known = q.split(/\s+/).filter((word) => !unknown.includes(word.toLowerCase().replace(/^[.,;:!?]+|[.,;:!?]+$/g, ""))).join(" ");
      return ["without the words that no quote has", known && known !== q ? { q: known } : null];
    }
    case "without_exclusions": return ["without the exclusions"];
    case "without_marks": return ["without the marks around words", { q: q.replace(/["“”„«»]/g, "") }];
    case "with_typos": return ["with typos (fuzzy=auto)", { fuzzy: null }];
    default: return ["by relevance (match=best)", { match: null, sort: null }];
  }
}
function outside(parameters, bound, other, days) {
  const edge = new Date(`${(parameters.get(bound) ?? "").slice(0, 10)}T00:00Z`);
  if (Number.isNaN(+edge)) return null;
  edge.setUTCDate(edge.getUTCDate() + days);
  return { [bound]: null, [other]: edge.toISOString().slice(0, 10) };
}
function narrowing({ facets }, parameters) {
  const facet = (title, ...children) => node("section", { class: "facet" }, node("h2", {}, title), children);
  const list = (title, rows) => (rows.length ? facet(title, node("ul", {}, rows.map(([label, value, href]) =>
    node("li", {}, node("a", { href, rel: "nofollow" }, label), " ", node("span", { class: "n" }, number(value)))))) : null);
  const chart = timeline(facets.month ?? [], facets.year ?? [], (value) => within(parameters, value));
  return [
    chart ? facet("When", chart) : null,
    list("Speaker", (facets.speaker ?? []).map((b) => [named(b), b.count, more(parameters, "speaker", b.id)])),
    list("Publisher", (facets.publisher ?? []).map((b) => [one(b.value), b.count, more(parameters, "publisher", b.value)])),
    list("Type", (facets.type ?? []).map((b) => [TYPES[b.value], b.count, more(parameters, "type", b.value)])),
    list("Year", (facets.year ?? []).slice(0, 10).map((b) => [b.value, b.count, within(parameters, b.value)])),
  ].filter(Boolean);
}
function* between(first, last) {
  let [year, month] = first.split("-").map(Number);
  for (let value = first; value <= last; value = `${`${year}`.padStart(4, "0")}-${`${month}`.padStart(2, "0")}`) {
    yield value;
    [year, month] = month < 12 ? [year, month + 1] : [year + 1, 1];
  }
}
function timeline(months, years, link) {
  if (!months.length) return null;
  let counts = new Map(months.map((b) => [b.value, b.count]));
  const [year, month] = months[0].value.split("-").map(Number);
  const early = new Date(Date.UTC(year, month - LEAST_MONTHS)).toISOString().slice(0, 7);
  let periods = [...between(months.at(-1).value < early ? months.at(-1).value : early, months[0].value)];
  if (periods.length > MOST_MONTHS) {
    counts = new Map(years.map((b) => [b.value, b.count]));
    const first = +years.at(-1).value;
    periods = Array.from({ length: +years[0].value - first + 1 }, (_, place) => `${first + place}`.padStart(4, "0"));
  }
  const most = Math.max(...counts.values());
  const bars = periods.flatMap((value, place) => {
    const quotes = counts.get(value);
    if (!quotes) return [];
    const height = Math.max(2, Math.round((quotes / most) * HEIGHT));
    const label = `${period(value)}: ${count(quotes, "quote")}`;
    return node("a", { svg: true, href: link(value), rel: "nofollow", "aria-label": label }, node("title", {}, label),
      node("path", { d: `M${place * STEP} 0h${STEP}v${HEIGHT}h-${STEP}z` }),
      node("rect", { x: place * STEP + 1, y: HEIGHT - height, width: STEP - 2, height }));
  });
  const ends = [periods[0], periods.at(-1)];
  return node("figure", { class: "timeline" },
    node("svg", { viewBox: `0 0 ${periods.length * STEP} ${HEIGHT}`, preserveAspectRatio: "none", role: "group", "aria-label": "Quotes over time" }, bars),
    node("figcaption", {}, ends.map((value) => node("span", {}, period(value)))));
}

// ------------------------------------------------------------------------------------------------ the exchange

let running = new AbortController();
let timer = 0;

async function load(address, { keep = false, focus = false } = {}) {
  clearTimeout(timer);
  running.abort();
  const mine = (running = new AbortController());
  const parameters = state(new URL(address, location.href).search);
  const query = new URLSearchParams(parameters);
  if (!query.has("limit")) query.set("limit", "10");
  query.set("facets", FACETS);
  const busy = setTimeout(() => at("results")?.setAttribute("aria-busy", "true"), 250);
  const [response, answer] = await fetch(new URL(`v1/quotes?${query}`, HERE), { signal: mine.signal })
    .then(async (response) => [response, await response.json()])
    .catch((error) => [null, error]);
  clearTimeout(busy);
  if (mine.signal.aborted) return;
  at("results")?.removeAttribute("aria-busy");
  if (!response) return fail("The archive cannot be reached. Try again in a moment.");
  if (!keep) history.pushState(null, "", address);
  if (response.ok) show(answer, parameters);
  else fail(response.status === 429 ? "Too many searches at once; wait a moment." : answer.errors?.[0] ? `What you look for ${answer.errors[0].detail}.` : answer.detail ?? "That did not work.");
  if (!focus) return;
  scrollTo({ top: 0 }); // the link that was followed is gone, and the focus must not be lost with it
  at("status").focus({ preventScroll: true });
}
function show(answer, parameters) {
  const q = parameters.get("q");
  document.title = q ? `${q.slice(0, 80)} – Quoth` : "Quoth";
  document.querySelectorAll("main > .notice").forEach((notice) => notice.remove());
  at("advice").replaceChildren(...advice(answer, parameters));
  at("chips").replaceChildren(...chips(answer, parameters));
  at("orders").replaceChildren(...orders(answer, parameters));
  at("results").replaceChildren(...results(answer, parameters));
  at("narrow").replaceChildren(...narrowing(answer, parameters));
  at("status").textContent = summary(answer, parameters);
}
function fail(message) {
  at("advice").replaceChildren(node("p", { class: "notice error" }, message));
  at("status").textContent = message;
}
function fields(parameters) {
  form.querySelectorAll("input[type=hidden]").forEach((input) => input.remove());
  for (const [name, value] of parameters) {
    if (!["q", "from", "to", "cursor"].includes(name)) form.append(node("input", { type: "hidden", name, value }));
  }
  for (const name of ["from", "to"]) form.elements[name].value = (parameters.get(name) ?? "").slice(0, 10);
}

if (form && at("narrow")) {
  const box = at("q");
  const address = () => page(state(`?${new URLSearchParams(new FormData(form))}`));
  box.addEventListener("input", () => {
    clearTimeout(timer);
    running.abort();
    timer = setTimeout(() => {
      history.replaceState(null, "", address());
      load(address(), { keep: true });
    }, DELAY);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    load(address(), { keep: address() === location.pathname + location.search });
  });
  addEventListener("popstate", () => {
    const parameters = state(location.search);
    box.value = parameters.get("q") ?? "";
    fields(parameters);
    load(location.href, { keep: true });
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("main a[href]");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const target = new URL(link.getAttribute("href"), location.href);
    if (target.origin !== location.origin || target.pathname !== HERE.pathname) return;
    event.preventDefault();
    const parameters = state(target.search);
    box.value = parameters.get("q") ?? "";
    fields(parameters);
    load(target.pathname + target.search, { focus: true });
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "");
    const links = [...document.querySelectorAll(".hits .words")];
    const place = links.indexOf(document.activeElement);
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.key === "/" && !isTyping) {
      event.preventDefault();
      box.focus();
      box.select();
    } else if (event.key === "Escape" && (document.activeElement === box || place >= 0)) {
      if (place >= 0) return box.focus();
      if (!box.value) return;
      box.value = "";
      box.dispatchEvent(new Event("input"));
    } else if (event.key === "ArrowDown" && links.length && (place >= 0 || document.activeElement === box)) {
      event.preventDefault();
      links[Math.min(place + 1, links.length - 1)].focus();
    } else if (event.key === "ArrowUp" && place >= 0) {
      event.preventDefault();
      (links[place - 1] ?? box).focus();
    }
  });
}

for (const text of document.querySelectorAll("pre.copy")) {
  const button = node("button", { type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.textContent.trimEnd());
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  if (navigator.clipboard) text.nextElementSibling.prepend(button);
}
