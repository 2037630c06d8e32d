"""Certificates that a test makes for itself: an authority, and a server's certificate signed by it."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM


class Authority:
    """Signs certificates; `file` is its own, in PEM, for those who trust it."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._key, self._name = folder, ec.generate_private_key(ec.SECP256R1()), _named(name)
        self.file = folder / f"{name}.pem"
        own = x509.BasicConstraints(ca=True, path_length=0)
        self.file.write_bytes(self._signed(self._name, self._key.public_key(), own).public_bytes(PEM))

    def server_context(self, host: str) -> ssl.SSLContext:
        """The TLS side of a server with a certificate for a host name."""
        key, file = ec.generate_private_key(ec.SECP256R1()), self._folder / f"{self.file.stem}-{host}.pem"
        certificate = self._signed(_named(host), key.public_key(), x509.SubjectAlternativeName([x509.DNSName(host)]))
        plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.write_bytes(certificate.public_bytes(PEM) + key.private_bytes(PEM, *plain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _signed(self, name: x509.Name, key: ec.EllipticCurvePublicKey, more: x509.ExtensionType) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().issuer_name(self._name).subject_name(name)
        builder = builder.public_key(key).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        authority = x509.SubjectKeyIdentifier.from_public_key(key)
        builder = builder.add_extension(more, critical=True).add_extension(authority, critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
