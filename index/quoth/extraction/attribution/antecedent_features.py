"""The facts by which the second ranker chooses whom a pronoun or a nominal stands for, as the features that it weighs.

`kind` is the pronoun itself, or nominal. Which of these facts hold of somebody is found out in question.py.
"""

from __future__ import annotations

# --- somebody, where a name last shows them


def sighted(kind: str, where: str, role: str) -> tuple[str, ...]:
    """Tell where the name stands, and as what."""
    return f"{kind} {where}", f"{kind} {role}", f"{kind} {where} {role}"


def rank(kind: str, nearer: int, subjects: int, role: str) -> tuple[str, ...]:
    """Tell how many others are named nearer, and how many of them are subjects."""
    return (
        f"{kind} nearer {nearer}",
        f"{kind} nearer {nearer} {role}",
        f"{kind} nearer subjects {subjects} {role}",
    )


def near(kind: str, times: str) -> tuple[str, ...]:
    """Tell how often somebody is named in the paragraphs before."""
    return (f"{kind} near {times}",)


# --- somebody, in the whole article


def bearer(kind: str, nature: str, sure: str, is_only: bool) -> tuple[str, ...]:
    """Tell what is named, how surely, and whether there is nobody else."""
    return f"{kind} {nature} {sure}", *((f"{kind} only one {sure}",) if is_only else ())


def mentioned(kind: str, times: str, is_most: bool) -> tuple[str, ...]:
    """Tell how often the article names somebody."""
    return f"{kind} mentions {times}", *((f"{kind} most mentioned",) if is_most else ())


def gender(kind: str, agrees: str, form: str) -> tuple[str, ...]:
    """Tell whether the gender of a pronoun is known to be somebody’s, and whether the name is a full one."""
    return f"{kind} gender {agrees}", f"{kind} {form}"


def by_rule(kind: str, tier: str) -> tuple[str, ...]:
    """Tell that the rules choose somebody."""
    return f"{kind} rule", f"{kind} rule {tier}"


def against_rule(kind: str, tier: str) -> tuple[str, ...]:
    """Tell that the rules choose somebody else."""
    return (f"{kind} against rule {tier}",)


# --- who spoke before


def spoke_before(kind: str) -> tuple[str, ...]:
    """Tell that somebody has been quoted before."""
    return (f"{kind} spoke before",)


def spoke_last(kind: str, apart: str, newer: str) -> tuple[str, ...]:
    """Tell how far above somebody was quoted last, and whether another subject is named since."""
    return f"{kind} spoke last {apart}", f"{kind} spoke last {newer}", f"{kind} spoke last {apart} {newer}"


def did_not_speak_last(kind: str, apart: str) -> tuple[str, ...]:
    """Tell how far above somebody else was quoted last."""
    return (f"{kind} did not speak last {apart}",)


def said_last(kind: str, where: str) -> tuple[str, ...]:
    """Tell that somebody is the last of whom a verb of saying tells."""
    return (f"{kind} said last {where}",)


def another_said_last(kind: str) -> tuple[str, ...]:
    """Tell that a verb of saying tells of somebody else since."""
    return (f"{kind} somebody else said last",)


# --- how well a nominal describes somebody


def described(shared: int, shares_head: bool) -> tuple[str, ...]:
    """Tell how many of a nominal’s words the article also uses of somebody, and whether its head is one of them."""
    return (f"nominal shares {shared} {'head' if shares_head else ''}",)


def sort_of(sort: str, nature: str) -> tuple[str, ...]:
    """Tell the class of a nominal’s head, and what somebody is."""
    return (f"nominal {sort} {nature}",)


def has_role(bearers: int, modifiers: int) -> tuple[str, ...]:
    """Tell that the article uses the head of somebody, and of how many others."""
    return f"nominal role, bearers {bearers}", f"nominal role, bearers {bearers}, modifiers {modifiers}"


def in_name(nature: str) -> tuple[str, ...]:
    """Tell that the head is a word of the name."""
    return (f"nominal in name {nature}",)


def role_gender(agrees: str) -> tuple[str, ...]:
    """Tell whether the gender of a role is somebody’s."""
    return (f"nominal gender {agrees}",)


# --- nobody: what of a mention says that the article does not name whom it stands for


def nobody(kind: str, options: str, tier: str, head: str) -> tuple[str, ...]:
    """Tell how many there are to choose from, what the rules say, and the mention itself."""
    return (
        f"nobody {kind}",
        f"nobody {kind} options {options}",
        f"nobody {kind} rule {tier}",
        f"nobody head {head}",
    )


def nobody_nominal(determiner: str, sort: str, is_plural: bool, modifiers: str) -> tuple[str, ...]:
    """Tell how a nominal is built."""
    return (
        f"nobody determiner {determiner}",
        f"nobody noun {sort}{' plural' if is_plural else ''}",
        f"nobody modifiers {modifiers}",
    )


def nobody_before(following: str, goes_on: bool) -> tuple[str, ...]:
    """Tell what comes after a nominal, and whether it goes on: the mayor of."""
    return f"nobody precedes {following}", f"nobody goes on {goes_on}"


def nobody_after_unnamed(kind: str, apart: str) -> tuple[str, ...]:
    """Tell that somebody without a name was quoted last."""
    return (f"nobody {kind} after unnamed {apart}",)
