"""Programs of others that are run for us, each confined and ended with all that it started."""
