"""The conformance suite for a receiver: what a provider, or somebody who pretends to be one, may send."""
