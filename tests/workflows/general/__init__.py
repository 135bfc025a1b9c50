"""The general job: a language model behind real HTTP, on the real stack."""
