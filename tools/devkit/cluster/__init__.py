"""The cluster: which one devkit may touch, and all that talks to it. The only layer that imports `kubernetes`."""
