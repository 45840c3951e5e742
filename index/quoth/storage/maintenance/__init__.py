"""Maintenance of a store: compaction, garbage collection, rollback."""
