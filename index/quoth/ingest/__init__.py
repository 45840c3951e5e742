"""From a file or a request to one commit: formats, what is kept, what is indexed."""
