"""People who are not here are reached: by a link that a dispatcher sends, and by one notice of what they have missed.

A `Delivery` (chat/models) is one thing on its way to one person. `channels.py` says what a channel is; `email.py` and
`sms.py` are two. `letters.py` says what is brought, in the person's language. `sending.py` makes one try, as the
background task of `tasks.py`, unless one of `obstacles.py` is in its way. `missed.py` finds who has missed something,
`left_over.py` what dead workers left. The rows are written by `chat.actions.deliveries` alone.
"""
