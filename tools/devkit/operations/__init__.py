"""The platform's own jobs and journal, read through the views of the schema that the table names."""
