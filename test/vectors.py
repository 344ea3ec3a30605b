#!/usr/bin/env python3
"""Computes the values of test/vectors.json from the inputs beside them, by the words of the documentation and not by the
code of the broker, which is compared with them. Python 3 and nothing else; what is sealed (AES-256-GCM, which Python does
not have) is left as it stands.

  python3 test/vectors.py           says which values differ
  python3 test/vectors.py --write   puts them in, after a change that is meant
"""

import base64
import hashlib
import hmac
import json
import pathlib
import re
import struct
import sys
from datetime import datetime, timezone

path = pathlib.Path(__file__).with_name("vectors.json")
text = path.read_text(encoding="utf-8")
given = json.loads(text)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(data):
    return base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))


def plain(part):
    if isinstance(part, bytes):
        return b64(part)
    if isinstance(part, int):
        return str(part)
    if isinstance(part, (list, tuple)):
        return [plain(each) for each in part]
    return part


def told(purpose, *parts):
    """What is hashed: the UTF-8 of a JSON list without blanks."""
    return json.dumps([purpose, *map(plain, parts)], ensure_ascii=False, separators=(",", ":")).encode()


def hashed(purpose, *parts):
    return hashlib.sha256(told(purpose, *parts)).digest()


def derived(root, use):
    """HKDF of RFC 5869 with SHA-256 and no salt, one block."""
    extracted = hmac.digest(bytes(32), root, "sha256")
    return hmac.digest(extracted, f"nmb/v1/{use}".encode() + b"\x01", "sha256")


def header(raw):
    """A raw header: unfolded, and without the blanks around it."""
    return re.sub(r"\r?\n([ \t])", r"\1", raw).strip(" \t\r\n")


def message_hash(mail, internal_seconds):
    received = header(mail["received"])
    fields = [header(mail[name]) for name in ("message-id", "date", "from", "subject")]
    return hashed("message-hash", *fields, received if received else internal_seconds)[:8]


def fingerprint(mail, sent, address, internal_seconds):
    """`sent` in epoch seconds or raw, `address` as somebody reads them who looks at the headers."""
    known = header(mail["message-id"]) or header(mail["date"])
    parts = [header(mail["message-id"]), sent, address.lower(), *([] if known else [internal_seconds])]
    return "f_" + b64(hashed("fingerprint", *parts)[:16])


mail = {
    "message-id": given["messageIdHeader"],
    "date": given["dateHeader"],
    "from": given["fromHeader"],
    "subject": given["subjectHeader"],
    "received": given["receivedHeader"],
}
seconds = given["internalDateMs"] // 1000
sent = int(datetime(2026, 11, 22, 10, 11, 12, tzinfo=timezone.utc).timestamp())
address = "ada@contoso.example"
first_hash = message_hash(mail, seconds)

mailbox = given["mailboxId"]
folder = given["folderId"]
validity = int(given["uidValidity"])
uid = given["uid"]
key = hashed("message", mailbox, folder, validity, uid)[:16]

bits = {"posted": 1, "accepted": 2, "seen": 4, "flagged": 8, "answered": 16}
flags = sum(bits[flag] for flag in given["ringEntryFlags"])
entry = key + first_hash + struct.pack(">IBHB", given["ringEntryUid"], flags, given["ringEntryDay"], 0)

job = "j_" + b64(hashed("job", "dead", key)[:16])
event = "e_" + b64(hashed("event", mailbox, given["eventType"], given["eventOccasion"])[:16])
at = f"{mailbox}!{folder}!{validity}!{uid:010d}"


def numbers(part):
    """Each number of a part in seven bits a byte, the lowest first."""
    out = bytearray()
    for number in map(int, part.split(".")):
        while number > 0x7F:
            out.append(number & 0x7F | 0x80)
            number >>= 7
        out.append(number)
    return bytes(out)


attach_key = derived(unb64(given["attachRootKey"]), "attach")
attach_kid = bytes.fromhex(given["attachKid"])[:4]
part, expiry, day = given["attachPart"], given["attachExpirySeconds"], given["attachDay"]
attach_mac = hmac.digest(
    attach_key, told("attach", attach_kid, mailbox, folder, validity, uid, first_hash, day, part, expiry), "sha256"
)[:16]
attach = (
    b"\x01" + attach_kid + struct.pack(">H", given["shard"]) + mailbox[-16:].encode() + folder.encode()
    + struct.pack(">QI", validity, uid) + first_hash + struct.pack(">HI", day, expiry) + attach_mac + numbers(part)
)
bell_key = derived(unb64(given["bellRootKey"]), "bell")
bell_kid = bytes.fromhex(given["bellKid"])[:4]
client_state = (
    b"\x01" + bell_kid + struct.pack(">H", given["shard"]) + mailbox[-16:].encode() + folder.encode()
    + hmac.digest(bell_key, told("bell", mailbox, folder, bell_kid), "sha256")
)
reference = (
    b"\x01" + given["messageRefFolderId"].encode()
    + struct.pack(">QI", int(given["messageRefUidValidity"]), given["messageRefUid"])
    + unb64(given["messageRefHash"]) + struct.pack(">H", given["messageRefDay"])
)

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

computed = {
    "messageHash": b64(first_hash),
    "messageHashWithoutReceived": b64(message_hash({**mail, "received": " "}, seconds)),
    "messageHashWithReceivedAlone": b64(
        message_hash({**dict.fromkeys(mail, ""), "received": given["receivedHeader"]}, seconds)
    ),
    "fingerprint": fingerprint(mail, sent, address, seconds),
    "fingerprintOfUnreadableDate": fingerprint(
        {**mail, "date": given["unreadableDateHeader"]}, header(given["unreadableDateHeader"]), address, seconds
    ),
    "fingerprintWithoutMessageIdAndDate": fingerprint({**mail, "message-id": "", "date": ""}, "", address, seconds),
    "messageKey": "m_" + b64(key),
    "messageRef": b64(reference),
    "pathFolderId": "x" + "".join(BASE62[byte % 62] for byte in hashed("folder", given["folderPath"])[:7]),
    "threadKey": "t_" + b64(hashed("thread", given["threadRoot"].strip("<>"))[:16]),
    "eventId": event,
    "jobId": job,
    "deliveryId": "dlv_" + b64(struct.pack(">H", given["shard"]) + mailbox[-16:].encode() + key),
    "ringEntry": b64(entry),
    "attachMacKey": b64(attach_key),
    "attachToken": b64(attach),
    "bellMacKey": b64(bell_key),
    "clientState": b64(client_state),
    "shardKey": f"s{given['shard']:04d}",
    "mailboxRowKey": f"a!{mailbox}",
    "stateRowKey": f"b!{mailbox}",
    "cursorRowKey": f"c!{mailbox}!{folder}",
    "retryRowKey": f"d!{at}",
    "jobRowKey": f"e!{mailbox}!{job}",
    "outboxRowKey": f"o!{mailbox}!{event}",
    "settingsRowKey": f"p!{mailbox}",
    "ringRowKey": f"r!{mailbox}!{folder}",
    "deadRowKey": f"x!{at}",
    "apiKeyMacKey": b64(derived(unb64(given["apiKeyRootKey"]), "apikey")),
    "ticketMacKey": b64(derived(unb64(given["ticketRootKey"]), "ticket")),
    "schedSlotBytes": b64(struct.pack(">4I", *given["schedSlot"])),
    "ackedBytes": b64(struct.pack(f">{len(given['ackedUids'])}I", *given["ackedUids"])),
}

differing = [name for name, value in computed.items() if given[name] != value]
for name in differing:
    print(f"{name}: {given[name]} stands there, {computed[name]} is computed")
    text = re.sub(rf'^(  "{name}": )".*"', lambda match: f'{match[1]}"{computed[name]}"', text, flags=re.MULTILINE)
if "--write" in sys.argv:
    path.write_text(text, encoding="utf-8")
elif differing:
    sys.exit(1)
print(f"{len(computed)} values, {len(differing)} differ")
