"""Moto's S3 in a server process: `python -m tests.support.moto_server PORT`."""

import sys

from werkzeug.serving import WSGIRequestHandler, run_simple


class Quiet(WSGIRequestHandler):
    """A handler that logs no request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def main(port: int) -> None:
    # Imported here, since pytest imports every module for its examples, but only the proofs install moto's server.
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    # One request at a time: moto compares and swaps in two steps, while S3 promises one atomic step.
    application = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", port, application, request_handler=Quiet)


if __name__ == "__main__":
    main(int(sys.argv[1]))
