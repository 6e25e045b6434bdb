"""Reports that are of data alone, and ask no model."""
