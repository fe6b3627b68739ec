"""Owns parcels; announces them to Sendcloud and follows its webhooks."""
