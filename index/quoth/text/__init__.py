"""The rules and tables of English and of spelling that every room may use."""
