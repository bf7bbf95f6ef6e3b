"""Pushes to browsers: `addresses.py` says to which services we would go, `wire.py` goes there, `sending.py` is a push.

A guest's browser names the address that we post to, so it is looked at twice. When it is given: https, port 443, a name
and not a number, no name of an inner network. When something is sent: each connection, after its name was looked up and
before a byte is written, must have reached a public address. Redirects are not followed, proxies of the environment are
not taken, and who answers byte by byte is cut off.
"""
