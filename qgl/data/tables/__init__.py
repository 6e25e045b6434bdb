"""Tables in files: their cells, which of their columns are generated, given or labels, and categories as bits."""
