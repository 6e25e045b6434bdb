"""Light cones that are the same but for where they lie: found once for each pattern, and held as arrays.

For circuits that are rolled up (`qgl.ir.lanes`).
"""
