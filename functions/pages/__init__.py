"""The pages: HTML from the server, which works without script."""
