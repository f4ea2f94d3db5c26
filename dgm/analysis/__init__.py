"""What a finished model is asked, by the public face that all models have."""
