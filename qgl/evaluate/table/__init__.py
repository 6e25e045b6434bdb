"""What stands in a table beside values, and how a row is made: names, floors, independent and uniform columns."""
