"""From a file or a request to one commit: formats, stored originals, indexing."""
