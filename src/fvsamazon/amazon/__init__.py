"""Amazon's side of the wire: quota, access tokens, requests, and orders made of what comes back."""
