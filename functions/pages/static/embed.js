// A quote on a page elsewhere. The page has it as a plain quotation; when a reader sees it, this asks the archive
// whether it still stands, and says when it was corrected or withdrawn. Texts are set as text.
class QuothQuote extends HTMLElement {
  connectedCallback() {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const style = new CSSStyleSheet();
    style.replaceSync(
      ":host{display:block;margin:1.5em 0;padding-left:1.2em;border-left:4px solid}:host([standing=gone]){border-left-style:dashed}" +
      "slot{display:block}::slotted(blockquote){margin:0}:host([standing=gone]) slot{opacity:.6;text-decoration:line-through}p{font:600 .9em/1.4 system-ui,sans-serif;margin:.5em 0}a{color:inherit}",
    );
    root.adoptedStyleSheets = [style];
    this.note = document.createElement("p");
    this.note.setAttribute("role", "status");
    root.replaceChildren(document.createElement("slot"), this.note);
    this.seen = new IntersectionObserver(([entry]) => entry.isIntersecting && this.ask());
    this.seen.observe(this);
  }
  disconnectedCallback() {
    this.seen?.disconnect();
  }
  async ask() {
    this.seen.disconnect();
    const source = new URL(this.getAttribute("src"), location.href);
    if (!/^https?:$/.test(source.protocol)) return;
    const [, base, id] = source.pathname.match(/^(.*)\/q\/([^/]+)\/?$/) ?? [];
    if (!id) return;
    const there = (quote) => `${source.origin}${base}/q/${encodeURIComponent(quote)}`;
    try {
      const response = await fetch(`${source.origin}${base}/v1/quotes/${id}`, {
        cache: "no-cache", credentials: "omit", referrerPolicy: "no-referrer",
      });
      const answer = await response.json();
      if (response.status === 410 && answer.reason === "withdrawn") this.tell("gone", "This quote was withdrawn.");
      else if (response.status === 410 && answer.reason)
        this.tell("gone", "Its article was corrected.", answer.successor && there(answer.successor));
      else if (response.ok) this.compare(answer, source.href);
    } catch {
      // Without an answer the quotation stands as it is.
    }
  }
  compare({ speaker, attribution }, address) {
    const before = this.getAttribute("speaker");
    if (attribution.status === "denied") this.tell("corrected", "Corrected: its article says that this was not said.", address);
    else if (before && before !== speaker?.id)
      this.tell("corrected", `Corrected: ${speaker ? `said by ${speaker.name}` : "the speaker is not known"}.`, address);
    else this.setAttribute("standing", "confirmed");
  }
  tell(standing, text, address) {
    this.setAttribute("standing", standing);
    this.note.textContent = `${text} `;
    if (!address) return;
    const link = document.createElement("a");
    link.href = address;
    link.textContent = "See it as it is now";
    this.note.append(link);
  }
}
customElements.get("quoth-quote") ?? customElements.define("quoth-quote", QuothQuote);
