"""Did somebody say this? Alignment, verdict, and the reasons for it."""
