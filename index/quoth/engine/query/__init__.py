"""From a request to a query tree: grammar, lexicon, plan, cursor."""
