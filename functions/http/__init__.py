"""HTTP requests as models, errors as problems."""
