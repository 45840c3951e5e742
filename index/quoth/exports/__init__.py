"""Exports: how many rows become a file in the store, as a job that survives crashes, and how it is looked up."""
