"""The protocol, explored: every interleaving of attempts, people and faults, on the real pure core."""
