"""The fault campaign: a whole installation under faults, beside a witness that is never harmed."""
