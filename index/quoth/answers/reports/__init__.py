"""The report on a draft as a person reads it: text for a terminal, Markdown, and one page of HTML."""
