"""What a model with outputs hands out: rows of numbers."""
