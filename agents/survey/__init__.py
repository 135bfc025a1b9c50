"""What the tools of the survey share: their documents, globs and words."""
