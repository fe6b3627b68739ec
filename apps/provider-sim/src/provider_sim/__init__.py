"""Answers as SimplyPrint and Sendcloud do and posts their signed webhooks back. Development only."""
