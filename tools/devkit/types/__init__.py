"""One folder a service type. `registry` knows them all; what a type must say is `devkit.model.ServiceType`."""
