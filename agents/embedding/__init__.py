"""What makes vectors of texts: a server, or a package on this machine."""
