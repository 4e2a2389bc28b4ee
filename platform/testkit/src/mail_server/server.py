"""A mail server for tests: it takes what it is sent, keeps it, and fails as it is told to."""

import asyncio
import json
import os
import sys
from email.parser import BytesHeaderParser

from aiosmtpd.smtp import SMTP, AuthResult

directory = sys.argv[1]
rules_path = os.path.join(directory, "rules.json")
mails = open(os.path.join(directory, "mails.jsonl"), "a", encoding="utf-8")


def rules():
    """What to answer to whom, read anew each time, so that a test may change its mind."""
    with open(rules_path, encoding="utf-8") as file:
        return json.load(file)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        told = rules()
        if told["hangs"]:
            await asyncio.Event().wait()
        code = told["answers"].get(address)
        if code is not None:
            return f"{code} as the test has told"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        headers = BytesHeaderParser().parsebytes(envelope.content)
        mail = {
            "message_id": headers["Message-ID"],
            "to": envelope.rcpt_tos,
            "from": envelope.mail_from,
            "source": envelope.content.decode("utf-8", "replace"),
        }
        mails.write(json.dumps(mail) + "\n")
        mails.flush()
        return "250 OK"


def authenticate(server, session, envelope, mechanism, given):
    """Lets in who comes with the test's name and password."""
    login = rules()["login"]
    is_right = [given.login.decode(), given.password.decode()] == login
    # Not handled: the server itself says no.
    return AuthResult(success=is_right, handled=is_right)


def session():
    needs_login = rules()["login"] is not None
    return SMTP(
        Handler(),
        hostname="test",
        authenticator=authenticate if needs_login else None,
        auth_required=needs_login,
        auth_require_tls=False,
    )


async def main():
    loop = asyncio.get_running_loop()
    port = int(sys.argv[2])
    server = await loop.create_server(session, "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    # The end of standard input is the end of the test's process, however that ended.
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
