"""A segment file read in verified pages, and what is kept of them."""
