"""The parts of pages: addresses, the frame around every page, quotes, facts in words, and charts."""
