"""What keeps a store small and reversible: compaction, garbage collection, rollback."""
