"""Inputs that nobody wrote: targets, their seeds, and what drives them (README.md)."""
