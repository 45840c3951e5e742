"""The references that are written from the code: of the command line, of its completion, of the library."""
