"""Crash points: a flow is driven through a private instance again and again, and each time one of its services is killed at
another of its effects: before it, or after it and before the service knows of it. What the journal and the flow's own ledger
say then is what they say of a flow that nothing disturbed, or work was lost or doubled.

Effects are seen on the wire, between a service and what it uses, so it does not matter what the service is written in.
"""
