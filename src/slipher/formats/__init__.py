"""Files as they come: tables, arrays, units and names of galaxies, whatever wrote them."""
