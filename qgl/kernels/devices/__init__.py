"""What compiled programs of all methods run on: the memory of a device, several devices, the host, large tables.

Nothing here knows of circuits or of methods of simulation; kernels, objectives and training may use it.
"""
