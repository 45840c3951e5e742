"""Write the tables of names and words that the library reads."""
