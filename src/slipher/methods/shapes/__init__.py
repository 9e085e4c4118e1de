"""Densities shaped around an estimate."""
