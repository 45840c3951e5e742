"""The Lambda handlers behind a local HTTP server."""
