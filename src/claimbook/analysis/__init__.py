"""Pure functions: frames in, results out. Nothing here reads a file."""
