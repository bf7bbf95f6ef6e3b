"""How each language writes days and times: short, the day first, and the clock with 24 hours, as scripts do it too."""
