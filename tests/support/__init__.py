"""What tests of several kinds share: a toy agent, its witness, and workers that can be killed."""
