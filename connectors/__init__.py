"""Read records from, and write score fields to, other systems."""
