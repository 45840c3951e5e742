"""Where bytes are kept: in memory, in a directory, in S3."""
