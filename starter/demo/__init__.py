"""The demo: a whole job, with everything that can go wrong on its way."""
