"""Training of Outrider's embedded tool-calling model."""
