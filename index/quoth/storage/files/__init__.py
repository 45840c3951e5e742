"""Reading segment files in verified pages, and caching the pages."""
