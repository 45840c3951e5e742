"""Tables of English that say which differences of wording change nothing, and which change the meaning."""
