"""The verbs of the command line: each a function whose signature is its options and whose docstring its help."""
