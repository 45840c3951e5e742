"""Print the variables that `sam local invoke --env-vars` gives each function; run this with the Python of .venv-sam.

    .venv-sam/bin/python tests/functions/stack/events/sam_environment.py template.yaml events/env.json

It is the SAM CLI's own code, without the container that it would start.
"""

import json
import sys
from pathlib import Path


def main(template: str, variables: str) -> None:
    # Imported here, since pytest imports every module for its examples, and the SAM CLI is in another environment.
    from samcli.commands.local.lib.local_lambda import LocalLambdaRunner
    from samcli.lib.providers.sam_function_provider import SamFunctionProvider
    from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider

    stacks, _ = SamLocalStackProvider.get_stacks(template)
    functions = SamFunctionProvider(stacks)
    given = json.loads(Path(variables).read_text("utf-8"))
    runner = LocalLambdaRunner(None, functions, ".", ".", env_vars_values=given)
    made = {function.name: runner._make_env_vars(function).resolve() for function in functions.get_all()}
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
