"""What the tests of the platform run on: real Postgres, real Redis, real service processes."""
