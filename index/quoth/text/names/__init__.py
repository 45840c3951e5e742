"""The rules and tables of personal names: titles, spellings, nicknames, and what a typed name may stand for."""
