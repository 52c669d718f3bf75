"""Prognosis: what deviates, what will fail, and when."""
