"""The platform's database from the host: wait, make, migrate, seed, wipe, look. What imports psycopg is imported late."""
