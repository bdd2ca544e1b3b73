"""Measurements, each beside a peer in the same run; see `make bench`."""
