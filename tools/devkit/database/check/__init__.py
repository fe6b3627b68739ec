"""Whether migrations hurt the code that still runs: each statement of a real run on a scratch server, what it locked and what it
changed."""
