"""Django's SMTP backend, which also notes whether a connection was lost before or after the text was handed over."""

import smtplib

from django.core.mail.backends import smtp


class _Noting:
    def data(self, msg):
        try:
            return super().data(msg)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            error.after_text = True
            raise


class _SMTP(_Noting, smtplib.SMTP):
    pass


class _SMTPS(_Noting, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self):
        return _SMTPS if self.use_ssl else _SMTP
