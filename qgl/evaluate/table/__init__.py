"""What stands in a table beside values: names of rows, floors, independent and uniform columns."""
