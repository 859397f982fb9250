import Storage

HDF5Probe.serveIfAsked()
print("not asked")
