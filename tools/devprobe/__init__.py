"""What watches a service from inside its own process, in a private instance of the platform: which files it touches, and
which of its variables requests change. It knows nothing of devkit nor of the service, and needs nothing but Python.

`devprobe.application:app` takes the place of the service's application. What is seen goes line by line, as JSON, to the file
that `DEVPROBE` names.
"""
