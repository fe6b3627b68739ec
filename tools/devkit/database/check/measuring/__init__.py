"""Migrations on tables of many rows, under traffic: which lock each statement took, for how long, and who waited."""
