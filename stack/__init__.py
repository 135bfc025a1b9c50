"""Embedded Postgres, Valkey and Temporal for one machine: `stack.local` starts, shows and ends them."""
