"""HTTP requests as models, and errors as problems."""
