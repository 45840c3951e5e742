"""How well what is asked for is found, measured on annotated articles that are not part of this repository."""
