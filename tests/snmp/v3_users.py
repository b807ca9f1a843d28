"""Every pair of authentication and privacy that the libraries have, and how snmpd is told of each."""

from __future__ import annotations

from snmp.credentials import Auth, Expansion, Privacy, User

AUTH_PASSWORD, PRIVACY_PASSWORD = "authentic-words", "private-words"
SNMPD_AUTH = {
    Auth.MD5: "MD5",
    Auth.SHA1: "SHA",
    Auth.SHA224: "SHA-224",
    Auth.SHA256: "SHA-256",
    Auth.SHA384: "SHA-384",
    Auth.SHA512: "SHA-512",
}
SNMPD_PRIVACY = {Privacy.DES: "DES", Privacy.AES128: "AES", Privacy.AES192: "AES-192", Privacy.AES256: "AES-256"}


def user(auth: Auth | None, privacy: Privacy | None, expansion: Expansion = Expansion.BLUMENTHAL) -> User:
    """The user of this pair."""
    name = f"{auth or 'none'}_{privacy or 'none'}_{expansion}"
    return User(
        name,
        auth,
        AUTH_PASSWORD if auth else "",
        privacy,
        PRIVACY_PASSWORD if privacy else "",
        expansion,
    )


def create(who: User) -> list[str]:
    """snmpd's lines for a user, who may read everything."""
    reeder = who.expansion is Expansion.REEDER and who.privacy in (Privacy.AES192, Privacy.AES256)
    words = ["createUser", who.name]
    words += [SNMPD_AUTH[who.auth], who.auth_password] if who.auth else []
    words += [SNMPD_PRIVACY[who.privacy] + ("-C" if reeder else ""), who.privacy_password] if who.privacy else []
    level = "priv" if who.privacy else "auth" if who.auth else "noauth"
    return [" ".join(words), f"rouser {who.name} {level}"]


USERS = [
    user(None, None),
    *(user(auth, None) for auth in Auth),
    *(user(auth, privacy) for auth in Auth for privacy in Privacy),
    *(user(auth, privacy, Expansion.REEDER) for auth in Auth for privacy in (Privacy.AES192, Privacy.AES256)),
]
