"""The playbook and its tools."""
