"""How a segment is made: from quotes, and from other segments."""
