"""The command line `longhaul` and the typed client it uses."""
