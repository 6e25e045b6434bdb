"""What the entries of a document of a run may be, so that one that was damaged or edited is refused at its place.

Used by all that reads such documents.
"""
