"""The tools an agent may call, one file a tool."""
