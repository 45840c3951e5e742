"""Moto's S3 as a server of its own: `python -m tests.moto_server PORT`."""

import sys

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, run_simple


class Quiet(WSGIRequestHandler):
    """A handler that logs no request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


if __name__ == "__main__":
    # One request after another: moto compares and swaps in two steps, which S3 promises to be one.
    application = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", int(sys.argv[1]), application, request_handler=Quiet)
