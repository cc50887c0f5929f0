#!/usr/bin/env python3
"""A chat backend on Redis Streams. Needs Python 3.9 and redis-py (Debian: python3-redis).

    chat.py                     follows the stream and answers
    chat.py invite NAME ROOM    prints the address with which NAME enters ROOM
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import redis

WSG_URL = os.environ.get("WSG_URL", "http://127.0.0.1:8080")
REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
SECRET = os.environ.get("CHAT_SECRET", "for-trying-out-only-0123456789abcdef")

STREAM = "chat"
GROUP = "backend"
CONSUMER = "backend-1"  # The same after a restart: its unfinished entries are found under this name.
TOKEN_LIFE_S = 3600
RETRY_S = 0.5
BLOCK_MS = 5000


def follow(client):
    """Handles the entries of the stream, one after the other, until Redis is lost."""
    try:
        client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    except redis.ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise
    log("following the stream")
    # "0" reads what this consumer was given before and has not acknowledged; ">" reads what is new.
    position = "0"
    while True:
        answer = client.xreadgroup(GROUP, CONSUMER, {STREAM: position}, count=100, block=BLOCK_MS)
        entries = answer[0][1] if answer else []
        if not entries:
            position = ">"
        for entry_id, fields in entries:
            handle({key.decode(): value for key, value in fields.items()})
            # Only now: an entry whose answer failed is read again.
            client.pipeline().xack(STREAM, GROUP, entry_id).xdel(STREAM, entry_id).execute()


def handle(event):
    tags = dict(urllib.parse.parse_qsl(event["tags"].decode()))
    news = {"id": event["event"].decode(), "name": tags["name"]}
    action = event["action"].decode()
    if action == "open":
        news["event"] = "joined"
    elif action == "close":
        news["event"] = "left"
    elif event["type"] == b"text":
        news["event"] = "said"
        news["text"] = event["message"].decode()
    else:
        return  # A binary message; this chat has no use for it.
    log(f"{tags['room']}: {tags['name']} {news['event']}")
    send(tags["room"], news)


def send(room, news):
    """Sends to every connection whose tag `room` has this value; tries until the gateway takes it."""
    url = f"{WSG_URL}/send?" + urllib.parse.urlencode({"room": room})
    body = json.dumps(news).encode()
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=10):
                return
        except (urllib.error.URLError, OSError) as error:
            log(f"cannot send: {error}")
            time.sleep(RETRY_S)


def invite(name, room):
    """The address of the chat with a signed token (JWT, HS256), which the gateway turns into tags."""
    claims = {"name": name, "room": room, "exp": int(time.time()) + TOKEN_LIFE_S}
    signed = f"{base64url(json_bytes({'alg': 'HS256', 'typ': 'JWT'}))}.{base64url(json_bytes(claims))}"
    signature = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{WSG_URL.replace('http', 'ws', 1)}/chat?token={signed}.{base64url(signature)}"


def json_bytes(value):
    return json.dumps(value).encode()


def base64url(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def log(text):
    print(text, flush=True)


def main():
    if sys.argv[1:2] == ["invite"]:
        _, _, name, room = sys.argv
        print(invite(name, room))
        return
    while True:
        try:
            follow(redis.Redis.from_url(REDIS_URL))
        except redis.ConnectionError as error:
            log(f"Redis is unavailable: {error}")
            time.sleep(RETRY_S)


if __name__ == "__main__":
    main()
