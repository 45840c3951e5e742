"""What people hand us: text, JSON, JSONL and ninjs, read strictly into articles and ready-made quotes."""
