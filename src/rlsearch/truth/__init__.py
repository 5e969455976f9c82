"""Truth tables: every network of a small space, trained many times, so that searches can be judged exactly."""
