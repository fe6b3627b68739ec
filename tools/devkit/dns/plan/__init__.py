"""The cut-over of names to another address: what is to change, how long the old answers last, and the runbook that says so."""
