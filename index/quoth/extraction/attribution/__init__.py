"""Who spoke each span: candidates, evidence, coreference."""
