"""Function words of English: they carry grammar rather than content.

Data, apart from code. The parts of words split at an apostrophe ("don", "t", "ll") are included.
"""

from __future__ import annotations

# Negations reverse the meaning of a sentence, so no other word may replace them.
NEGATIONS = frozenset("no not never none nobody nothing nowhere neither nor cannot without t".split())

FUNCTION_WORDS = NEGATIONS | frozenset(
    """
    a an the this that these those such
    i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers
    herself it its itself they them their theirs themselves one who whom whose which what whoever whatever
    am is are was were be been being do does did done doing don didn doesn isn aren wasn weren have has had having
    haven hasn hadn will would shall should can could may might must won wouldn shouldn couldn ain ought
    d ll m re s ve 's 'd go goes going gonna get gets got getting let
    and or but if because as until while although though since unless whether than so then
    of at by for with about against between into through during before after above below to from up down in out on off
    over under upon within among across toward towards
    again further once here there when where why how all any both each few more most other another some only own same
    too very just also even still yet now ever much many well really quite rather already always
    yes oh uh um okay ok like
    """.split()
)
# No function words, but names: beside a number they make a date.
MONTHS = frozenset("january february march april may june july august september october november december".split())
