"""The runtime of a function on AWS: settings, the job queue, an alarm."""
