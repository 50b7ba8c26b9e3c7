import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from colorize_cli.errors import UsageError
from colorize_cli.image import certificates
from colorize_cli.image.certificates import _issued, read_signing, trial_certificate


@pytest.fixture
def pem(tmp_path):
    def write(name, content):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


def test_a_trial_names_itself_and_reads_back(pem):
    chain, key = trial_certificate()
    found = read_signing(pem("c.pem", chain), pem("k.pem", key))
    leaf, root = x509.load_pem_x509_certificates(chain)
    assert "TEST CERTIFICATE" in leaf.subject.rfc4514_string() and leaf.issuer == root.subject
    assert found.algorithm == "es256" and "PRIVATE" not in repr(found) and len(found.digest) == 16


@pytest.mark.parametrize(
    ("make", "algorithm"),
    [
        (ed25519.Ed25519PrivateKey.generate, "ed25519"),
        (lambda: rsa.generate_private_key(65537, 2048), "ps256"),
    ],
)
def test_other_kinds_of_keys(pem, make, algorithm):
    key = make()
    chain = _issued("a", key.public_key(), None, trial_root()).public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert read_signing(pem("c.pem", chain), pem("k.pem", secret)).algorithm == algorithm


def trial_root():
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def test_a_key_of_a_kind_that_c2pa_has_not(pem):
    key = dsa.generate_private_key(2048)
    chain = _issued("a", key.public_key(), None, trial_root()).public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(UsageError, match="no key of kind DSA"):
        read_signing(pem("c.pem", chain), pem("k.pem", secret))


def test_what_does_not_fit_is_refused_by_name(pem, tmp_path):
    good, other = pem("c.pem", trial_certificate()[0]), pem("other.pem", trial_certificate()[1])
    for files, said in [
        ((good, other), "is not the key"),
        ((other, other), "no certificate"),
        ((good, good), "no key"),
        ((good, tmp_path / "none"), "cannot be read"),
    ]:
        with pytest.raises(UsageError, match=said):
            read_signing(*files)


def test_a_certificate_whose_time_is_over(pem, monkeypatch):
    monkeypatch.setattr(certificates, "_TRIAL_DAYS", 0)
    chain, key = trial_certificate()
    with pytest.raises(UsageError, match=f"valid until {datetime.date.today().year}"):
        read_signing(pem("c.pem", chain), pem("k.pem", key))
