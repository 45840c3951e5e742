"""POST /v1/slack/command and /v1/slack/action: check who asks, answer in time, and never show a stack.

Whatever goes wrong after the signature is answered with one private sentence: Slack shows its user nothing of a 500.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger

from functions.http import problem
from functions.http.request import raw_body
from functions.http.router import Response, Router
from functions.runtime import integrity, reporting, settings
from functions.slack import conversation, handover, outbox, turn
from functions.slack.cards.blocks import Message
from functions.slack.cards.search import notice
from functions.slack.conversation import Conversation
from functions.slack.secret import SigningSecret
from functions.slack.turn import SlackTurn
from quoth.archive import Archive
from quoth.errors import BadInput, BadQuery, Conflict, Unavailable

SEARCHING = "Searching …"
OTHER_WORKSPACE = "This workspace may not ask this archive; its operator decides which may."

logger = Logger()
app = Router(problem.of)
clock = time.time
secret = SigningSecret()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    """Answer an HTTP request, or the turn that another invocation has handed over."""
    handed = handover.handed_over(event)
    if handed is None:
        return problem.resolve(app, event, context)
    _answer_later(*handed, context.aws_request_id)
    return None


@app.post("/v1/slack/command")
def command() -> Response:
    """Answer a slash command, if Slack signed it: in the response, or later through its address."""
    return _turn(turn.of_command)


@app.post("/v1/slack/action")
def action() -> Response:
    """Do what a button says, if Slack signed it. Slack ignores the response: the answer goes to its address."""
    return _turn(turn.of_action)


def _turn(read: Callable[[bytes], SlackTurn]) -> Response:
    body = _signed_body()
    if body is None:
        return problem.problem(HTTPStatus.UNAUTHORIZED, "the request does not carry a valid Slack signature")
    try:
        asked = read(body)
    except BadQuery as error:
        return _said(notice(f"Slack sent something else than expected: {error}."))
    incident = app.context.aws_request_id
    teams = settings.current().slack_teams
    if teams and asked.team not in teams:
        return _refused(asked, incident)
    if _may_miss() and (told := _handed_over(asked, incident)) is not None:
        return told
    if asked.is_command:
        return _said(*_answer(asked, incident))
    if _is_new(asked, _turn_id(), incident):
        _send(asked, incident, *_answer(asked, incident))
    return _acknowledged()


def _refused(asked: SlackTurn, incident: str) -> Response:
    if asked.is_command:
        return _said(notice(OTHER_WORKSPACE))
    _send(asked, incident, notice(OTHER_WORKSPACE, replace_original=False))
    return _acknowledged()


def _answer(asked: SlackTurn, incident: str) -> tuple[Message, ...]:
    """Return the answer to a turn: what was asked for, or a sentence about what went wrong."""
    try:
        return _conversation().answer(asked)
    except Exception as error:
        _log(error, incident)
        return (conversation.problem(error, incident[:8], is_command=asked.is_command),)


def _conversation() -> Conversation:
    archive = _archive()
    return Conversation(
        archive,
        settings.current().public_url,
        secret.values(),
        lambda name, note: reporting.record(archive, name, "slack", note),
    )


# -------------------------------------------------------------------------------------------------------- later


def _may_miss() -> bool:
    """Whether the answer may come too late for Slack. Only Lambda starts cold, and only there can others answer."""
    if not settings.current().function:
        return False
    age = clock() - int(app.headers["x-slack-request-timestamp"])
    return handover.may_miss(age, is_cold=not settings.archive.cache_info().currsize)


def _handed_over(asked: SlackTurn, incident: str) -> Response | None:
    """Hand a turn over and acknowledge it; `None` if that is impossible: then the answer is tried here."""
    try:
        outbox.path_of(asked.response_url)
        handover.hand_over(settings.current().function, asked, _turn_id())
    except BadInput as error:  # nobody could answer later
        _log(error, incident)
        return None
    except Unavailable as error:
        _log(error, incident)
        # It may have been accepted all the same, and only the response got lost: whoever writes the marker answers.
        if not asked.is_command or _is_new(asked, _turn_id(), incident):
            return None
    return _said(notice(SEARCHING)) if asked.is_command else _acknowledged()


def _answer_later(asked: SlackTurn, name: str, incident: str) -> None:
    if _is_new(asked, name, incident):
        _send(asked, incident, *_answer(asked, incident))


def _is_new(asked: SlackTurn, name: str, incident: str) -> bool:
    """Whether nobody has answered this turn; without a store that says so, it is not answered but for a sentence."""
    try:
        return handover.claim(_archive().store, name)
    except Exception as error:
        _log(error, incident)
        _send(asked, incident, conversation.problem(error, incident[:8], is_command=False))
        return False


def _send(asked: SlackTurn, incident: str, *messages: Message) -> None:
    """Send an answer to the address of its turn, in order, up to the first message that Slack does not take."""
    try:
        for message in messages:
            outbox.post(asked.response_url, message)
    except (BadInput, Unavailable) as error:
        _log(error, incident)


def _turn_id() -> str:
    return handover.turn_id(app.headers["x-slack-signature"])


# -------------------------------------------------------------------------------------------------- who asks


def _signed_body() -> bytes | None:
    """Return the raw body, or None unless Slack signed it."""
    try:
        body = raw_body(app.event)
    except BadInput:
        return None
    headers = app.headers
    timestamp, signed = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
    return body if secret.signs(body, timestamp, signed, clock()) else None


def _archive() -> Archive:
    return settings.archive(settings.current().store)


# ------------------------------------------------------------------------------------------------------- answers


def _acknowledged() -> Response:
    return Response(HTTPStatus.OK, "application/json", "{}")


def _said(message: Message) -> Response:
    return Response(HTTPStatus.OK, "application/json", json.dumps(message, ensure_ascii=False))


def _log(error: Exception, incident: str) -> None:
    """Log an error under the id that its sentence names; its place in the code, never the words of a request."""
    if conversation.explained(error) is not None and not isinstance(error, BadInput):
        return
    bare = RuntimeError(type(error).__name__).with_traceback(error.__traceback__)
    extra = {"incident": incident[:8], **integrity.field(error)}
    if isinstance(error, Unavailable | Conflict | BadInput):
        logger.warning("Slack was not answered as asked", exc_info=bare, extra=extra)
    else:
        logger.error("request failed", exc_info=bare, extra=extra)
