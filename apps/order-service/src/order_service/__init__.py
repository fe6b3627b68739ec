"""Owns orders; turns a Shopify order into print jobs and, once printed, into a parcel."""
