"""Sends the shop what its contract allows and what it forbids, and checks that every answer is one that the contract states.

Starts the given program on a free port and a temporary data directory, makes accounts over HTTP, and runs schemathesis once
as a customer and once as an admin. Ends with 1 when an answer is not as the contract says.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

READY = "isotope is ready: "
API = "/api/v1"
PASSWORD = "correct horse battery staple 7"
STOP_SECONDS_MAX = 60

# Operations that end the session that asks for them, or all sessions. They come last, or all others would be asked as nobody.
ENDING = [
    ("DELETE", "/api/v1/me"),
    ("DELETE", "/api/v1/me/sessions"),
    ("DELETE", "/api/v1/me/sessions/{id}"),
    ("DELETE", "/api/v1/staff/me/sessions"),
    ("POST", "/api/v1/auth/logout"),
    ("POST", "/api/v1/admin/identity/keys/rotate"),
    ("PATCH", "/api/v1/admin/staff/{id}"),
    ("POST", "/api/v1/admin/staff/{id}/reset"),
]

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
]


class Shop:
    """A running shop, its address and its admin token."""

    def __init__(self, program: Path, data: Path):
        command = [program, "serve", "--listen", "127.0.0.1:0", "--data", data, "--seed-products", "5"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "ISOTOPE_LOG": "error"})
        line = self.process.stdout.readline()
        if not line.startswith(READY):
            raise SystemExit(f"the shop is not ready; it said {line!r}")
        self.address = line.removeprefix(READY).strip().removesuffix(API)
        self.admin_token = (data / "admin.token").read_text().strip()

    def ask(self, method: str, path: str, body=None, token=None, operator=False):
        """The body of an answer, which must be a success."""
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if operator:
            headers["X-Admin-Token"] = self.admin_token
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read().decode()}") from error
        return json.loads(text) if text else None

    def customer(self, email: str) -> str:
        """The access token of a customer who has just signed up."""
        body = {"email": email, "password": PASSWORD, "name": "Ada Lovelace"}
        return self.ask("POST", f"{API}/customers", body)["session"]["access_token"]

    def admin(self, email: str) -> str:
        """The access token of an admin who was invited and has just logged in."""
        body = {"email": email, "name": "Grace Hopper", "role": "admin"}
        invitation = self.ask("POST", f"{API}/admin/staff", body, operator=True)["invitation_token"]
        self.ask("POST", f"{API}/staff/accept-invitation", {"token": invitation, "password": PASSWORD})
        body = {"email": email, "password": PASSWORD}
        return self.ask("POST", f"{API}/staff/login", body)["session"]["access_token"]

    def stop(self) -> None:
        """Asks it to end, and waits until it has."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(timeout=STOP_SECONDS_MAX)
        if status != 0:
            raise SystemExit(f"the shop ended with {status}")


def operations(contract):
    """Method and path of each operation, and whether its answer has no end."""
    for path, item in contract["paths"].items():
        for method, operation in item.items():
            answers = operation["responses"].values()
            is_endless = any("text/event-stream" in answer.get("content", {}) for answer in answers)
            yield method.upper(), path, is_endless


def schemathesis(options, shop: Shop, token: str, wanted, report: Path) -> bool:
    """Whether all answers to some operations were as the contract states."""
    contract = shop.ask("GET", "/openapi.json")
    paths = {}
    for method, path in wanted:
        paths.setdefault(path, {})[method.lower()] = contract["paths"][path][method.lower()]
    report.mkdir(parents=True, exist_ok=True)
    part = report / "openapi.json"
    part.write_text(json.dumps({**contract, "paths": paths}))
    command = [Path(sys.executable).parent / "schemathesis", "--no-color"]
    command += ["--config-file", Path(__file__).parent / "schemathesis.toml", "run", part, "--url", shop.address]
    command += ["--header", f"Authorization: Bearer {token}", "--checks", ",".join(CHECKS)]
    command += ["--phases", "examples,coverage,fuzzing", "--max-examples", str(options.max_examples)]
    command += ["--seed", str(options.seed), "--workers", "1", "--generation-database", "none", "--no-shrink"]
    command += ["--generation-with-security-parameters", "false"]
    command += ["--continue-on-failure", "--request-timeout", "40", "--warnings", "off"]
    command += ["--report", "ndjson", "--report-ndjson-path", report / "answers.ndjson"]
    return subprocess.run(command, cwd=report, check=False).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=Path, help="the built shop")
    parser.add_argument("reports", type=Path, help="the folder for what was sent and answered")
    parser.add_argument("--max-examples", type=int, default=20, help="made-up requests for each operation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--path", default="", help="only operations whose path contains this")
    parser.add_argument("--only", choices=["customer", "admin"], help="only as this person")
    options = parser.parse_args()
    options.program, options.reports = options.program.resolve(), options.reports.resolve()
    is_fine = True
    with tempfile.TemporaryDirectory() as data:
        shop = Shop(options.program, Path(data))
        try:
            known = list(operations(shop.ask("GET", "/openapi.json")))
            asked = [(method, path) for method, path, is_endless in known if not is_endless and options.path in path]
            usual = [operation for operation in asked if operation not in ENDING]
            ending = [operation for operation in asked if operation in ENDING]
            people = {"customer": (shop.customer, "/me"), "admin": (shop.admin, "/staff/me")}
            for person, (log_in, about) in people.items():
                if options.only not in (None, person):
                    continue
                print(f"==> as {person}", flush=True)
                token = log_in(f"{person}@example.com")
                is_fine &= schemathesis(options, shop, token, usual, options.reports / person)
                # Had the session ended on the way, the rest would have been asked as nobody.
                shop.ask("GET", API + about, token=token)
                if ending:
                    token = log_in(f"{person}-who-leaves@example.com")
                    is_fine &= schemathesis(options, shop, token, ending, options.reports / f"{person}-who-leaves")
            shop.stop()
        finally:
            shop.process.kill()
            shop.process.wait()
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main())
