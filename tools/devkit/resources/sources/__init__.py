"""Where real use is read: processes of this machine, the kubelet, Docker. One module each, behind one protocol."""
