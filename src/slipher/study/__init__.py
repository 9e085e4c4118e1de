"""The ablation: groups × seeds, trained, evaluated and compared."""
