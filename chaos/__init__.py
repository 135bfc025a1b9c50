"""What proves it: faults on purpose, and every interleaving of the protocol."""
