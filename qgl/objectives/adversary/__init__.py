"""Training against a critic: what critics say, and the losses of a model and of a critic by it."""
