"""What Slack sends: a command, or a button that was pressed. Only the fields in use are read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from functions.http.request import parse_query
from functions.slack.cards.blocks import MAX_NOTE, MAX_VALUE
from quoth.errors import BadQuery

_USER = re.compile(r"[UW][A-Z0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class SlackTurn:
    """One thing that somebody did, and the address for the answer.

    `action` is the id of a button, empty for a command, whose text is `text`. `text` of a button is its value. `note`
    is what was in the input field beside a button. `team` is the id of the workspace, `user` that of who did it: a
    shared quote says who shared it, and nothing else uses it.
    """

    action: str
    text: str
    team: str = ""
    user: str = ""
    response_url: str = ""
    note: str = ""

    @property
    def is_command(self) -> bool:
        """Whether this is a command."""
        return not self.action


class _Pressed(msgspec.Struct, frozen=True):
    action_id: str
    value: str | None = None


class _Named(msgspec.Struct, frozen=True):
    id: str


class _Field(msgspec.Struct, frozen=True):
    value: str | None = None


class _State(msgspec.Struct, frozen=True):
    values: dict[str, dict[str, _Field]] = msgspec.field(default_factory=dict)


class _Payload(msgspec.Struct, frozen=True):
    type: str
    actions: list[_Pressed]
    response_url: str = ""
    team: _Named | None = None
    user: _Named | None = None
    state: _State | None = None


_decoded = msgspec.json.Decoder(_Payload).decode


def of_command(body: bytes) -> SlackTurn:
    """Return the command in a form; raises `BadQuery`.

    >>> of_command(b"command=%2Fquote&text=land&team_id=T1")
    SlackTurn(action='', text='land', team='T1', user='', response_url='', note='')
    """
    form = _form(body)
    if "command" not in form:
        raise BadQuery("the form", "has no command")
    url = form.get("response_url", "")
    return SlackTurn("", form.get("text", ""), form.get("team_id", ""), _user(form.get("user_id", "")), url)


def of_action(body: bytes) -> SlackTurn:
    """Return the button in a form whose `payload` is JSON; raises `BadQuery`."""
    try:
        payload = _decoded(_form(body).get("payload", ""))
    except (msgspec.DecodeError, RecursionError):
        raise BadQuery("the payload", "is not of a button") from None
    if payload.type != "block_actions" or not payload.actions or not payload.actions[0].action_id:
        raise BadQuery("the payload", "is not of a button")
    pressed = payload.actions[0]  # Slack sends a list, but sends each press at once
    fields = {} if payload.state is None else payload.state.values
    note = fields.get("note", {}).get("note", _Field()).value or ""
    return SlackTurn(
        action=pressed.action_id,
        text=(pressed.value or "")[:MAX_VALUE],
        team="" if payload.team is None else payload.team.id,
        user="" if payload.user is None else _user(payload.user.id),
        response_url=payload.response_url,
        note=note[:MAX_NOTE],
    )


def _user(name: str) -> str:
    return name if _USER.fullmatch(name) else ""


def _form(body: bytes) -> dict[str, Any]:
    try:
        return parse_query(body.decode(), "the form")
    except UnicodeDecodeError:
        raise BadQuery("the form", "is not UTF-8") from None


def to_event(turn: SlackTurn) -> dict[str, str]:
    """Return a turn as JSON values, for an asynchronous invocation."""
    return {name: getattr(turn, name) for name in SlackTurn.__slots__}


def from_event(value: dict[str, str]) -> SlackTurn:
    """Return the turn that `to_event` wrote.

    >>> import json
    >>> turn = SlackTurn("", "land", "T1", response_url="https://hooks.slack.com/commands/1")
    >>> from_event(json.loads(json.dumps(to_event(turn)))) == turn
    True
    """
    return SlackTurn(**value)
