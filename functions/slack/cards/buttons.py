"""The action ids of the buttons: Slack sends one back when somebody presses it."""

SHARE = "share"
MORE = "more"
CONTEXT = "context"
CITE = "cite"
WRONG = "wrong"
REPORT = "report"
DISMISS = "dismiss"
