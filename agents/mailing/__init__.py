"""Reading recipients and a template, and rendering them into a batch."""
