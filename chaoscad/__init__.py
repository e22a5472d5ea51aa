"""chaoscad: design logic gates and circuits made of nonlinear systems."""
