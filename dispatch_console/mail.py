"""Django's SMTP backend, which also notes whether a connection was lost before or after the text was handed over."""

import smtplib

from django.core.mail.backends import smtp

# Seconds for the answer to the text: servers look through it before they take it (RFC 5321 would have 10 minutes), and
# who does not wait for that may never know what became of it.
PATIENCE = 120


class _Noting:
    def data(self, msg):
        self.sock.settimeout(PATIENCE)
        try:
            return super().data(msg)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            error.after_text = True
            raise
        finally:
            # Closed, where there was no answer.
            if self.sock:
                self.sock.settimeout(self.timeout)


class _SMTP(_Noting, smtplib.SMTP):
    pass


class _SMTPS(_Noting, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self):
        return _SMTPS if self.use_ssl else _SMTP
