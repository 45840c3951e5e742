"""The server of the clients."""

from tests.functions.contract.test_schemathesis import url

__all__ = ["url"]

collect_ignore = ["use.py", "library.py"]  # programs
