"""Names in the DNS: what every authoritative server says of them, whether that fits, and how they move to another address.

Facts are collected first (`survey`), by questions that only read; `audit` and `plan` judge them without asking anything.
"""
