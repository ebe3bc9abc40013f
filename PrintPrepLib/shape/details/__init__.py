"""Small features: spikes, slits and holes below what a printer can make, listed, and changed on request."""
