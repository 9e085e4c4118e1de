"""A committee of small networks, and how it is trained."""
