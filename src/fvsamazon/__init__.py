"""Amazon orders of three regions, recorded once and booked once in Finvalda."""

__version__ = "0.1.0"
