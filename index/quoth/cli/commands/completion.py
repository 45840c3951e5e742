"""The command that prints the completion script of a shell."""

from __future__ import annotations

import argparse
from importlib import resources

from quoth.cli.commands.maintain import CommandFactory
from quoth.cli.terminal import DONE

SHELLS = ("bash", "zsh", "fish")
FOLDER = "completions"  # `make reference` writes its files from the parser

_HOW = (
    'bash: add `eval "$(quoth completion bash)"` to ~/.bashrc; '
    "zsh: `quoth completion zsh > _quoth` in a folder of $fpath; "
    "fish: `quoth completion fish > ~/.config/fish/completions/quoth.fish`."
)


def declare(command: CommandFactory) -> None:
    """Add the command to the parser."""
    nothing = argparse.ArgumentParser(add_help=False)
    completion = command("completion", run, "Print the script with which a shell completes this command.", nothing)
    completion.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    completion.epilog = _HOW


def run(options: argparse.Namespace) -> int:
    """Print the script of a shell."""
    print(script(options.shell), end="")
    return DONE


def script(shell: str) -> str:
    """Return the script of a shell."""
    return resources.files("quoth.cli").joinpath(FOLDER, f"quoth.{shell}").read_text("utf-8")
