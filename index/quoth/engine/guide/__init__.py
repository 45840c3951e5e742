"""What helps a reader on: the speakers of an index, and why a search found nothing."""
