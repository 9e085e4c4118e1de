"""Physics as pure functions: filters, synthetic flux, response tables, extinction, sky, symmetry."""
