"""Print the CloudFormation that AWS makes of a SAM template; run this with the Python of .venv-sam.

The transformation is AWS's own (samtranslator, which the SAM CLI brings), so that the stack on this machine has what
CloudFormation would get. The code of the functions has an address that nobody reads: it is in build/.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


class NoManagedPolicies:
    """Loads no policy of AWS's own: the template has a role for each function."""

    def load(self) -> dict[str, str]:
        return {}


def transformed(template: str) -> dict[str, Any]:
    """Return a template without its transformation."""
    from samtranslator.translator.transform import transform
    from samtranslator.yaml_helper import yaml_parse

    parsed = yaml_parse(template)
    parsed.setdefault("Globals", {}).setdefault("Function", {})["CodeUri"] = "s3://local/code"
    made: dict[str, Any] = transform(parsed, {}, NoManagedPolicies())
    return made


if __name__ == "__main__":
    json.dump(transformed(Path(sys.argv[1]).read_text("utf-8")), sys.stdout)
