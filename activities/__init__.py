"""Activities act: the only place where a job meets the world."""
