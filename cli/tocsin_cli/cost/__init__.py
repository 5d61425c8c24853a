"""What an installation costs: measured coefficients, a dated table of prices, and the file."""
