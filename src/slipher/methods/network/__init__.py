"""Networks on images as methods: made ready, trained, kept, and asked by engines."""
