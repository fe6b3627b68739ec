"""Owns print jobs; queues them at SimplyPrint and follows its webhooks."""
