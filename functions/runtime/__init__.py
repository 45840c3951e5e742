"""What AWS gives a function: settings, a queue of jobs, an alarm."""
