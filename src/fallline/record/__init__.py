"""What a run leaves behind, on disk and in memory; nothing here imports JAX."""
