"""Order parameters, numbers for each particle, and what is made of them."""
