"""Titles and suffixes of names: words that do not identify a person.

A reader types them around a name ("Mr. Trump", "former mayor Ada Byron"), so there are more of them than the
titles that extraction splits off a name in an article, which data/names.json has.
"""

from __future__ import annotations

SUFFIXES = frozenset("jr sr ii iii iv".split())

TITLES = SUFFIXES | frozenset(
    """
    the mr mrs ms miss dr sir lady lord prof professor rev father sister president premier prime minister chancellor
    secretary senator sen rep representative congressman congresswoman gov governor mayor gen general col colonel capt
    captain lt sgt judge justice attorney chief king queen prince princess pope vice former then ex deputy
    mx dame baroness madam reverend archbishop cardinal rabbi imam ayatollah sheikh ambassador admiral adm commander
    cmdr maj sergeant cpl corporal lieutenant inspector insp detective det supt superintendent constable sheriff
    councillor cllr councilman councilwoman councilor alderman mp mep chairman chairwoman pm pres vp ceo coach
    spokesman spokeswoman spokesperson
    """.split()
)
