"""The meaning of a job: pure, without I/O, clock or randomness."""
