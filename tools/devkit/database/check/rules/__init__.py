"""What hurts, a module for each kind: what running code can no longer do, what it has to wait for."""
