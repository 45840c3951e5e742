"""Feature templates of the antecedent ranker, which chooses the person that a pronoun or a nominal refers to.

`kind` is the pronoun itself, or “nominal”. antecedents.py decides which templates apply to an antecedent.
"""

from __future__ import annotations

# --- an antecedent at its nearest mention


def position(kind: str, where: str, role: str) -> tuple[str, ...]:
    """The location of the name and its grammatical role."""
    return f"{kind} {where}", f"{kind} {role}", f"{kind} {where} {role}"


def rank(kind: str, nearer: int, subjects: int, role: str) -> tuple[str, ...]:
    """The number of antecedents named nearer, and the number of subjects among them."""
    return (
        f"{kind} nearer {nearer}",
        f"{kind} nearer {nearer} {role}",
        f"{kind} nearer subjects {subjects} {role}",
    )


def near(kind: str, times: str) -> tuple[str, ...]:
    """The number of mentions in the paragraphs before."""
    return (f"{kind} near {times}",)


# --- an antecedent in the whole article


def entity(kind: str, nature: str, certainty: str, is_only: bool) -> tuple[str, ...]:
    """The nature of the entity, its certainty, and whether it is the only antecedent."""
    return f"{kind} {nature} {certainty}", *((f"{kind} only one {certainty}",) if is_only else ())


def mentioned(kind: str, times: str, is_most: bool) -> tuple[str, ...]:
    """The number of mentions in the article, and whether no antecedent has more."""
    return f"{kind} mentions {times}", *((f"{kind} most mentioned",) if is_most else ())


def gender(kind: str, agrees: str, form: str) -> tuple[str, ...]:
    """Whether the person is known to have the gender of the pronoun, and whether the name is a full one."""
    return f"{kind} gender {agrees}", f"{kind} {form}"


def by_rule(kind: str, tier: str) -> tuple[str, ...]:
    """The rules choose this antecedent."""
    return f"{kind} rule", f"{kind} rule {tier}"


def against_rule(kind: str, tier: str) -> tuple[str, ...]:
    """The rules choose another antecedent."""
    return (f"{kind} against rule {tier}",)


# --- earlier speakers


def spoke_before(kind: str) -> tuple[str, ...]:
    """The person has been quoted before."""
    return (f"{kind} spoke before",)


def spoke_last(kind: str, apart: str, newer: str) -> tuple[str, ...]:
    """The person is the last speaker: the distance in paragraphs, and whether another subject is named since."""
    return f"{kind} spoke last {apart}", f"{kind} spoke last {newer}", f"{kind} spoke last {apart} {newer}"


def did_not_speak_last(kind: str, apart: str) -> tuple[str, ...]:
    """Another person is the last speaker: the distance in paragraphs."""
    return (f"{kind} did not speak last {apart}",)


def reported_last(kind: str, where: str) -> tuple[str, ...]:
    """The person is the subject of the last verb of saying."""
    return (f"{kind} said last {where}",)


def another_reported_last(kind: str) -> tuple[str, ...]:
    """Another person is the subject of the last verb of saying."""
    return (f"{kind} somebody else said last",)


# --- how well a nominal describes an antecedent


def described(shared: int, shares_head: bool) -> tuple[str, ...]:
    """The number of words that the nominal shares with the description of the person, and whether its head is one."""
    return (f"nominal shares {shared} {'head' if shares_head else ''}",)


def noun_class(head_class: str, nature: str) -> tuple[str, ...]:
    """The class of the head of the nominal, and the nature of the entity."""
    return (f"nominal {head_class} {nature}",)


def has_role(bearers: int, modifiers: int) -> tuple[str, ...]:
    """The head is a role of the person, and the number of people with this role."""
    return f"nominal role, bearers {bearers}", f"nominal role, bearers {bearers}, modifiers {modifiers}"


def in_name(nature: str) -> tuple[str, ...]:
    """The head is a word of the name."""
    return (f"nominal in name {nature}",)


def role_gender(agrees: str) -> tuple[str, ...]:
    """Whether the person has the gender of the role."""
    return (f"nominal gender {agrees}",)


# --- nobody: the option that the article does not name the antecedent


def nobody(kind: str, antecedents: str, tier: str, head: str) -> tuple[str, ...]:
    """The number of antecedents, the rule that decided, and the head of the mention."""
    return (
        f"nobody {kind}",
        f"nobody {kind} options {antecedents}",
        f"nobody {kind} rule {tier}",
        f"nobody head {head}",
    )


def nobody_nominal(determiner: str, head_class: str, is_plural: bool, modifiers: str) -> tuple[str, ...]:
    """The determiner, noun class, number and modifiers of the nominal."""
    return (
        f"nobody determiner {determiner}",
        f"nobody noun {head_class}{' plural' if is_plural else ''}",
        f"nobody modifiers {modifiers}",
    )


def nobody_before(following: str, goes_on: bool) -> tuple[str, ...]:
    """The class of the word after the nominal, and whether it continues the nominal: the mayor of."""
    return f"nobody precedes {following}", f"nobody goes on {goes_on}"


def nobody_after_unnamed(kind: str, apart: str) -> tuple[str, ...]:
    """The last speaker is unnamed: the distance in paragraphs."""
    return (f"nobody {kind} after unnamed {apart}",)
