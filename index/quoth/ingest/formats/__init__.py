"""Input formats: text, JSON, JSONL and ninjs, parsed strictly into articles and ready-made quotes."""
