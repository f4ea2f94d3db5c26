"""Training: a trainer that is stepped, the folder that a run is kept in, and the loop around."""
