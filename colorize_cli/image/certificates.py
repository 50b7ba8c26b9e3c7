"""The certificate and the key that pictures are signed with: read from PEM files, or made for trials."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colorize_cli.common.installing import install_command
from colorize_cli.common.regular import reading
from colorize_cli.errors import UsageError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_TRIAL_NAME = "TEST CERTIFICATE of colorize: vouches for nothing"
_TRIAL_DAYS = 365
# By the name of a key's curve, or of what has none (C2PA 2.2, 13.2: the algorithms that are allowed).
_ALGORITHMS = {
    "secp256r1": "es256",
    "secp384r1": "es384",
    "secp521r1": "es512",
    "RSA": "ps256",
    "Ed25519": "ed25519",
}


@dataclass(frozen=True)
class Signing:
    """Certificates from the signer's up, PEM; the signer's key, PEM; and C2PA's name of its algorithm."""

    certificates: bytes
    key: bytes = field(repr=False)
    algorithm: str

    @property
    def digest(self) -> str:
        """Names the signer in the digest of a picture's settings."""
        return hashlib.sha256(self.certificates).hexdigest()[:16]


def read_signing(certificates: Path, key: Path) -> Signing:
    """UsageError where a file cannot be read, the key is not the certificate's, or its time is over."""
    require_c2pa()
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    chain, secret = _read(certificates), _read(key)
    try:
        signer = x509.load_pem_x509_certificates(chain)[0]
    except ValueError as error:
        raise UsageError(f"{certificates}: no certificate in PEM ({error}).") from error
    try:
        private: Any = load_pem_private_key(secret, None)
    except (ValueError, TypeError) as error:
        raise UsageError(f"{key}: no key in PEM, or one with a password ({error}).") from error
    if private.public_key() != signer.public_key():
        raise UsageError(f"{key} is not the key of {certificates}, whose first certificate is the signer's.")
    _check_time(certificates, signer)
    return Signing(chain, secret, _algorithm(key, private))


def require_c2pa() -> None:
    """UsageError where the packages that sign are missing."""
    try:
        import c2pa  # noqa: F401
        import cryptography  # noqa: F401
    except ModuleNotFoundError:
        raise UsageError(f"Content credentials need one more package: {install_command('c2pa')}") from None


def _read(path: Path) -> bytes:
    try:
        with reading(path) as file:
            return file.read()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).") from error


def _check_time(path: Path, signer: Certificate) -> None:
    now = datetime.datetime.now(datetime.UTC)
    if not signer.not_valid_before_utc <= now <= signer.not_valid_after_utc:
        raise UsageError(
            f"{path}: its certificate is valid until {signer.not_valid_after_utc:%Y-%m-%d} only."
        )


def _algorithm(path: Path, private: Any) -> str:
    curve = getattr(getattr(private, "curve", None), "name", None)
    name = curve or type(private).__name__.lstrip("_").removesuffix("PrivateKey")
    if name not in _ALGORITHMS:
        raise UsageError(f"{path}: C2PA takes no key of kind {name}; take ECDSA P-256, Ed25519 or RSA.")
    return _ALGORITHMS[name]


def trial_certificate() -> tuple[bytes, bytes]:
    """A new certificate chain and key, PEM, good for trials alone: they name themselves as that."""
    require_c2pa()
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _issued(f"{_TRIAL_NAME} (root)", root_key.public_key(), None, root_key)
    leaf = _issued(_TRIAL_NAME, key.public_key(), root, root_key)
    chain = leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM)
    return chain, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _issued(name: str, public: Any, issuer: Certificate | None, issuer_key: Any) -> Certificate:
    """A certificate of the profile of C2PA 2.2, 14.5.1; without an issuer it is a root."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    attributes = [(NameOID.ORGANIZATION_NAME, "TEST"), (NameOID.COMMON_NAME, name)]
    subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in attributes])
    now, ca = datetime.datetime.now(datetime.UTC), issuer is None
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    builder = (
        x509.CertificateBuilder(subject_name=subject, public_key=public)
        .issuer_name(issuer.subject if issuer else subject)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=_TRIAL_DAYS))
        .add_extension(x509.BasicConstraints(ca, None), True)
        .add_extension(x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **usage), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)
    )
    if not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), True)
    return builder.sign(issuer_key, SHA256())
