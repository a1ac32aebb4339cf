"""Pictures drawn from arrays, as SVG written here: nothing is computed, and no plotting library is needed."""
