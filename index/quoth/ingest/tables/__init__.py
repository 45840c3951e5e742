"""Ready-made quotes as other people keep them: tables, lists and lines of JSON, with columns of any name."""
