"""From Amazon into the store: which window is due, its pages, their orders, the moved mark."""
