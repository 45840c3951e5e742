"""Write segments: build them from quotes, and merge them."""
