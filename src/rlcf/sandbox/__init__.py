"""The jail alone: processes of untrusted programs, their walls and their limits.

Knows neither languages nor what an outcome means (`rlcf.languages`).
"""
