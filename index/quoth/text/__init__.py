"""Rules and tables of English and of spelling that every package may use."""
