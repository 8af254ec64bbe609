#!/usr/bin/env python3
"""Shakes hands with the project's own end through an independent Noise implementation.

usage: noise_interop.py NOISE-PEER

NOISE-PEER is the built product of that name. The other end is noiseprotocol and cryptography of
PyPI, and this script, which follows Docs/Transport.md. Ends with an error if anything differs, or if
less was checked than there is.
"""
import os
import socket
import subprocess
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from noise.connection import Keypair, NoiseConnection

NAME = b"Noise_XX_25519_ChaChaPoly_SHA256"
NETWORK = bytes(range(32))
DOMAIN = b"livesync transport identity:"
REKEY = 5
RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def tcp_pair():
    """Two ends of a TCP connection of this host."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
    near.settimeout(20)
    for end in (near, far):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return near, far


class Peer:
    """The project's end as a child process over TCP, and what it and this end say to each other."""

    def __init__(self, program, role, attachment=b"\x01\x02", network=NETWORK):
        words = [program, role, network.hex(), attachment.hex(), str(REKEY)]
        self.socket, far = tcp_pair()
        # The connection in the place of its standard streams, as inetd does.
        self.process = subprocess.Popen(words, stdin=far, stdout=far, stderr=subprocess.PIPE)
        far.close()

    def send(self, data, piece=None):
        for start in range(0, len(data), piece or max(len(data), 1)):
            self.socket.sendall(data[start:start + (piece or len(data))])

    def take(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError(f"{len(data)} of {count} bytes came: {self.finish()}")
            data += more
        return data

    def send_message(self, data, piece=None):
        self.send(len(data).to_bytes(2, "big") + bytes(data), piece)

    def take_message(self):
        return self.take(int.from_bytes(self.take(2), "big"))

    def finish(self):
        """Ends the other end's input; gives its exit code and its last words."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # It has ended before.
        words = self.process.stderr.read().decode().strip()
        self.socket.close()
        return self.process.wait(timeout=20), words


class Identity:
    """Our keys, and the proof that they belong together."""

    def __init__(self, attachment=b"abc", network=NETWORK, signs=None):
        self.signer = Ed25519PrivateKey.generate()
        self.secret = os.urandom(32)
        self.public = self.signer.public_key().public_bytes(*RAW)
        key = X25519PrivateKey.from_private_bytes(self.secret).public_key().public_bytes(*RAW)
        signature = self.signer.sign(DOMAIN + network + (signs or key))
        assert len(attachment) < 128
        self.proof = self.public + signature + bytes([len(attachment)]) + attachment


def preamble(version=1, network=NETWORK):
    return b"livesync" + version.to_bytes(2, "big") + network


def connection(role, identity, prologue):
    noise = NoiseConnection.from_name(NAME)
    noise.set_prologue(prologue)
    noise.set_keypair_from_private_bytes(Keypair.STATIC, identity.secret)
    (noise.set_as_initiator if role == "initiator" else noise.set_as_responder)()
    noise.start_handshake()
    return noise


def check_proof(noise_static, payload, attachment):
    identity, signature, rest = payload[:32], payload[32:96], payload[96:]
    Ed25519PublicKey.from_public_bytes(bytes(identity)).verify(
        bytes(signature), DOMAIN + NETWORK + noise_static)
    assert bytes(rest) == bytes([len(attachment)]) + attachment, rest
    return bytes(identity)


def shake(peer, role, identity, piece=None):
    """The handshake with our role; the connection."""
    noise = connection(role, identity, preamble())
    state = noise.noise_protocol.handshake_state
    peer.send(preamble(), piece)
    assert peer.take(len(preamble())) == preamble()
    if role == "initiator":
        peer.send_message(noise.write_message(b""), piece)
        payload = noise.read_message(peer.take_message())
        check_proof(state.rs.public_bytes, payload, b"\x01\x02")
        peer.send_message(noise.write_message(identity.proof), piece)
    else:
        assert noise.read_message(peer.take_message()) == b""
        peer.send_message(noise.write_message(identity.proof), piece)
        payload = noise.read_message(peer.take_message())
        check_proof(state.rs.public_bytes, payload, b"\x01\x02")
    assert noise.handshake_finished
    return noise


def whole_session(program, role, piece):
    """Both ways, over several keys, with records of all sizes."""
    identity = Identity()
    peer = Peer(program, "responder" if role == "initiator" else "initiator")
    noise = shake(peer, role, identity, piece)
    sent = received = 0

    def take():
        nonlocal received
        plaintext = noise.decrypt(peer.take_message())
        received += 1
        if received % REKEY == 0:
            noise.rekey_inbound_cipher()
        return bytes(plaintext)

    assert take() == identity.public + noise.get_handshake_hash() + b"abc"
    for size in [1, 2, 100, 5_000, 65_519, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]:
        plaintext = os.urandom(size)
        peer.send_message(noise.encrypt(plaintext), piece if size < 6_000 else None)
        sent += 1
        if sent % REKEY == 0:
            noise.rekey_outbound_cipher()
        assert take() == plaintext[::-1], size
    code, words = peer.finish()
    assert code == 0, words


def refused(program, words_expected, role="responder", **changes):
    """The project's end must end with these words; `role` is ours."""
    identity = changes.get("identity") or Identity()
    payload = changes.get("payload") or identity.proof
    peer = Peer(program, "initiator" if role == "responder" else "responder")
    noise = connection(role, identity, changes.get("prologue") or preamble())
    try:
        peer.send(changes.get("hello") or preamble())
        peer.take(len(preamble()))
        if role == "initiator":
            peer.send_message(noise.write_message(b""))
        noise.read_message(peer.take_message())
        message = bytearray(noise.write_message(payload))
        if "flip" in changes:
            message[changes["flip"]] ^= 1
        peer.send_message(message)
    except ConnectionError:
        pass  # It has ended before; its words say why.
    code, words = peer.finish()
    assert code == 1 and words_expected in words, (words_expected, code, words)


def main():
    program = sys.argv[1]
    checks = 0
    for role in ["initiator", "responder"]:
        for piece in [None, 1, 3]:
            whole_session(program, role, piece)
            checks += 1
    other = bytes(32)
    forged = Identity(signs=bytes(32))
    elsewhere = Identity(network=other)
    honest = Identity()
    for words, changes in [
        ("another protocol", {"hello": b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n......"}),
        ("version 2, not 1", {"hello": preamble(version=2)}),
        ("in network 00000000", {"hello": preamble(network=other)}),
        ("second message cannot be decrypted", {"prologue": preamble(network=other)}),
        ("second message cannot be decrypted", {"flip": 40}),
        ("second message cannot be decrypted", {"flip": -1}),
        ("did not sign", {"identity": forged}),
        ("did not sign", {"identity": elsewhere}),
        ("did not sign", {"identity": forged, "role": "initiator"}),
        ("third message cannot be decrypted", {"flip": 3, "role": "initiator"}),
        ("1 bytes after the end", {"payload": honest.proof + b"\0", "identity": honest}),
        ("payload of the second message: input ends", {"payload": b"\0"}),
    ]:
        refused(program, words, **changes)
        checks += 1
    assert checks == 18
    print(f"{checks} sessions with noiseprotocol went as they should")


if __name__ == "__main__":
    main()
