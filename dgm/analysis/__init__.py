"""What is asked of a finished model, by the one face that all models have."""
