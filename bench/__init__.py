"""What Longhaul costs, always beside the raw floor in the same run."""
