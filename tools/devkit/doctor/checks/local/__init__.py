"""What `up --engine local` builds on."""
