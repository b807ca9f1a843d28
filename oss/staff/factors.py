"""What a member of staff has as a second factor, and what each request of theirs is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from oss.base import audit, db
from oss.base.problems import Conflict
from oss.base.secrets import Sealer
from oss.staff import one_time, recovery_codes, sign_in_rules
from oss.staff.sign_in_rules import SignInRules

READ = f"""select coalesce(r.totp_since is not null, false) as codes, r.totp_since,
  (select count(*) from staff_passkey k where k.user_id = u.id) as passkeys,
  (select count(*) from staff_recovery_code c where c.user_id = u.id) as recovery,
  {sign_in_rules.COLUMNS}
from staff_user u join role o on o.key = u.role left join staff_radius r on r.id = u.id
where u.id = $1"""


class LastFactor(Conflict):
    """Your role needs a second factor, and this is the last one. Set up another one first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody has, and what their role asks for. ``recovery``: codes that are left."""

    codes: bool
    passkeys: int
    recovery: int
    rules: SignInRules

    @property
    def any(self) -> bool:
        """Whether there is a second factor; recovery codes stand in for one, they are none."""
        return self.codes or self.passkeys > 0

    @property
    def missing(self) -> bool:
        """Whether the role asks for one and there is none."""
        return self.rules.needs_second_factor and not self.any


async def standing(user_id: int) -> Standing:
    """As of now, by one read."""
    row = await db.fetchrow(READ, user_id)
    if row is None:
        return Standing(False, 0, 0, sign_in_rules.FREE)
    return Standing(row["codes"], row["passkeys"], row["recovery"], sign_in_rules.of_row(row))


async def prove_code(sealer: Sealer, actor: audit.Actor, user_id: int, code: str) -> bool:
    """Whether six digits of the app, or one of the recovery codes, was right; it is used up then."""
    async with db.transaction() as connection:
        if len("".join(code.split())) <= one_time.DIGITS:
            return await one_time.use(connection, sealer, user_id, code)
        return await recovery_codes.use(connection, actor, user_id, code)


async def demand_another(user_id: int, *, codes: bool) -> None:
    """Raise LastFactor where taking away the codes (or else one passkey) would leave none that the role asks for."""
    now = await standing(user_id)
    left = now.passkeys if codes else now.passkeys - 1 + int(now.codes)
    if now.rules.needs_second_factor and left <= 0:
        raise LastFactor()


async def remove_all(connection: db.Connection, actor: audit.Actor, user_id: int) -> None:
    """By an administrator: codes, passkeys and recovery codes go, all sessions end; a lost telephone, for one."""
    await one_time.remove(connection, actor, user_id)
    gone = await connection.execute("delete from staff_passkey where user_id = $1", user_id)
    await connection.execute("delete from staff_recovery_code where user_id = $1", user_id)
    await connection.execute("delete from web_session where user_id = $1", user_id)
    count = int(gone.split()[-1])
    await audit.note(connection, actor, "user.second_factor_removed", "staff_user", user_id, passkeys=count)
