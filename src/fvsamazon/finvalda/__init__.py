"""Finvalda's web service (FvsServicePure, JSON): requests, answers, refusals."""
