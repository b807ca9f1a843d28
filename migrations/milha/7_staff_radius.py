"""Administrators of routers by RADIUS: their access, one-time codes, and the sessions they have on routers."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
-- whether administrators of this router log in through us; off, such a login is one like any other
ALTER TABLE nas ADD staff_logins boolean NOT NULL DEFAULT false;

-- what a member of staff has for routers; id is the user's. routers: null is what the role gives.
-- totp_counter: the newest time step of a code that was used (RFC 6238 section 5.2: a code is good once)
CREATE TABLE staff_radius (
  id bigint PRIMARY KEY REFERENCES staff_user (id) ON DELETE CASCADE,
  routers text CONSTRAINT staff_radius_routers_known CHECK (routers IN ('none', 'read', 'write', 'full')),
  password_sealed text, totp_sealed text, totp_since timestamptz, totp_counter bigint NOT NULL DEFAULT 0,
  CONSTRAINT staff_radius_totp_whole CHECK (totp_since IS NULL OR totp_sealed IS NOT NULL)
);

-- accounting of administrators' sessions on routers; never a subscriber's
CREATE TABLE staff_session (
  uid uuid NOT NULL, nas_id bigint NOT NULL, login text COLLATE "C" NOT NULL,
  acct_session_id text NOT NULL, calling_station_id text NOT NULL,
  started_at timestamptz NOT NULL, last_seen_at timestamptz NOT NULL, ended_at timestamptz, terminate_cause text,
  PRIMARY KEY (uid, started_at)
);
CREATE UNIQUE INDEX staff_session_open ON staff_session (uid) WHERE ended_at IS NULL;
CREATE INDEX staff_session_age ON staff_session (started_at DESC);
CREATE INDEX staff_session_login ON staff_session (login, started_at DESC);

CREATE INDEX audit_routers ON audit (id DESC) WHERE action IN ('router.accepted', 'router.refused');

-- the bell: what decides whether an administrator is let in
CREATE TRIGGER ring_staff_user AFTER INSERT OR DELETE OR UPDATE OF login, password_hash, role, active, language ON staff_user
  FOR EACH STATEMENT EXECUTE FUNCTION ring_word('staff');
CREATE TRIGGER ring_staff_radius AFTER INSERT OR DELETE OR UPDATE ON staff_radius
  FOR EACH STATEMENT EXECUTE FUNCTION ring_word('staff');"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        DROP TRIGGER ring_staff_user ON staff_user;
        DROP INDEX audit_routers;
        DROP TABLE staff_session, staff_radius;
        ALTER TABLE nas DROP COLUMN staff_logins;"""


MODELS_STATE = (
    "eJztXW1z2zYS/isYfakzo/hs+SVpfHMzsuNe3XPsjO1cO006MkRCEs4kwBKgFV0v//0Aku"
    "I7GUKWaIrGh7tGBBakH7ztPrtY/NWzsTWDu7eIc0ymvXfgrx6BNhL/yJT0QQ86TvRc/uZw"
    "bPk1WaLOmHEXGlw8nkCLIfHIRMxwscMxJbLyrzPIASSAOsiFnLrAmEEyRQzMZ9hC4INsHb"
    "geYaKSCbisPYMMEAr89wE6AZgzQOdkV77QpIZ4Y/Dt627bI/hPD404nSI+Q654w+c/xGNM"
    "TPQVseVP52E0wcgyU+A9oIVswS8Y8YXjPzybQfcnv6r88PHIoJZnk0R1Z8FnlET1xR8mn0"
    "4RkX8OMhOgEs+yQviXj4KvFQ+466HoM834gYkm0LNk10jp4BPiZ73R6Or6bnR7fjca9XLd"
    "tpRIoB0+MiiRXY4JZz4CNvw6shCZ8pn4eXz4LXhPDERQS77w38Obs5+HNzvHh6/kC6kYN8"
    "F4ugpLBn7RN78JyGHQiI97DPQjtMQfnYP6l9vrq2KoI4EM2CY2OPgfsDDjq4C+fBCjHo//"
    "BmCvgFlCIVu2GfvTSsK782H4Wxb5s8vrUx8cyvjU9VvxGzj1uyGG3XNMCc4I8jz270UJxz"
    "Yqxj8tme2EUHR3+Y8t7Iqei6B5TaxFOPMquubu4sP57d3ww8dU/7wf3p3LkoH/dJF5unOc"
    "6bOoEfDrxd3PQP4Ev19fnWe7Map393tPfhP0OB0ROh9BM4nR8vHy6+USN3lIzD35YAyNhz"
    "l0zVGuhA5oWd18kT2ws08ggVO/zyS48jODbWjo4Dv6gEjBDhUVVW1R0MFiHV/W+u4mNQRj"
    "BF3kAl/mBFDRnf7WcPvz8PXg6BhgBh6Qw/NbkJLkEzYYbOYn3imeXhBePO2C+pnpJoZsdo"
    "KFe0V795ep/ITXPw4GBwdvBnsHx2+PDt+8OXq791bU9b83X/SmYgqeXvzz4uouPaPkg+pd"
    "x/+vwv6+rL+eDf65F7jUFv92r8YW/3avdIuXRem9xZ85I6GYzVQgTktpTapEk4phdqmlNI"
    "aX9Ts4hg8GNcA9GJSCK4vS4BpCCVhNP0pLav2oLfpROPUT6pGPWqrX0VcHi9ZW6PW05Bp6"
    "PfzctnT6lnRygRKc72ULMj7y2EqzOyure7rNPe2iR6FVrNLPaUndy23r5XZYtWfUdiBZ9P"
    "JG7bKkX2HTGok637VorwkCFppCCyDCMV+AnbOrj7+8ApgwbCIgzE/guPRR/Ns9AaKz/eZY"
    "X5Q/UmyggDFlyMXin2NkUTIVFq6wblHeBN7sq7TNrG3mLVR6U/bG/qCO0SxqlVocflna5P"
    "Cn3EgV5bRUF7E+roX1cQXWxzmsDeL8RwXlZf3O0RL7dWiJ/XJaYj9HS/xXLPQq0C7rd3Do"
    "rp/z0bREOfTdoiXaoeB+Yr6GltVu/cdVqi3jcDKRdrJb119jI3uMXOnB92V3wf29AxmbU/"
    "EXSFL4/l56XqA7pWSAzRNRLPlM8VR+mSgQCicXGiigjO0GLchyVuTg2eSrtHa7pdqtRaeY"
    "KCleS4HO6QTr37a06bBZ0yG1fKkAnRPsIOKDvTqIi1qliPtl2vnWmPPNgmTqCX1EaTlOyD"
    "QHcs/hr09veo3g/LaOn77cTZ/z0s+Q2qIcCTQIL1swjuytxNdEhGGuFEWaEGkQY4PaE+oG"
    "qnszW+BxLUKngs/JYi1sC/xYMJhPqVh2ISlGOxbKgD0WUptCe6nVNevSOb2+vkzZuqcXGQ"
    "X56tOH03OBug+6qIR5Sm/WDMTLYyByLnPf4lnVZ54U1u5U7U4tYpt+ReNbxFiAfZZzShT2"
    "K5inORqPWKJeDepJ9qXYJ0AodhJ6OLEN3QV4QAvJBslHywhgOvF/GpQ+YPQDA9iUflLxJ7"
    "pFbNOaW38CwcSwuoGYlNFERwnRUc4qyYI83OWHW5b19dmWJ5xt0SrKS1RRWhS7WaPXm1z0"
    "tqSTa0X0SZfSSNVTkhD6vruk/cpmcw6TnFqY7oh8L/xEXYSn5F9o4ffEhfhuSIwiIzvtSN"
    "yuDvi2HGDLp/EnunAeaV7JcSf+chNZKLCqz4a3Z8P3571vzxO06DFO7UK/blRUpWEbyUo1"
    "1GsHuYwSIE9zBwGPwcHtsbdg0vXKEHSN2UhowoHf1YYmAuMF8BjY8Qg0DKH+IrMPLDpHog"
    "nI0Kt3QpkWGnL4HWzXWRQp3o29V/t8W7yEVWnn2i252Sg78RGejUiBQlbBgSdkVsK5ZXvF"
    "psPtkA2xpQJwJNBBdDcxiJ2ZYkBjJNA9gGvFLlSELuQjF8S7EFJaIGKJ7uG7mVhnRS+k8R"
    "QXZKvhXf9Rd2HecKXFIRLoHrp1wkDKo0ByQSCxfp7H9w59LVGQ01KdUNSq6Jvz3+6q6dOI"
    "vbm8vvrnsnqWU9X06cukT9vh9TsLTxD2ik5RhkX9ymOUiUp13H2h/f4DA1AAiKS1ASRRQB"
    "BwLEh8ckAs0x67v38HgigRySIgMebMEzCj4m8CDC7AfObb+wBzyR9QBxVktNv8677PPnyO"
    "KBtJRonCzz354uhHSI/4vzVT0UqmIhggqopGINFgKFkcUrWNUWSmmEYmLFA3bm1oWaUjPS"
    "G2kndhJaj39zY73g8Gb46jES5/VI3p2w/Dy8t8qJgYgq5UB2jBuQqpSJQO3IRUlRKxhQpE"
    "BYhSCchyO3ILUIQvKfNE8Fpmbahhp7XYl6LFpno9VmWUtJW0XHPLeEcUl0QHJDRNtR5IC+"
    "ouWLkLlrq9EvwJIQ39umIkEgl+nhYmkcgmtGX9UDdUIr0Ap6IlbsSmcHNxdtcrXGjWAG6i"
    "pa6im15ca8Ar14OnQ/sxbKWjsCYWzRJIn4VQ81HPk2nLzigl0pZ9XvMOCMwAo5a5C25Ezz"
    "KZEOFhjPnfGJi41A5i2GPq6xGj+Ttg0jmRcnMpn6wBXGQg/FiUr2HD79LBOy3eW/sVlNjz"
    "Bu+06BTD+r2acuqMHsZOAeFYzoIlZbqkQg72D98cvj04PoxGd/SkalDn9XLPUcU0IaERLU"
    "DURaZnIHO0yngtlG2Svx0cbhnK6uO3QLI5hI/2B1sCsBOeN68dYBbW714IyQYuSUCOVWCA"
    "l5/AiwSaP4LX+/vEI4ZEEIw9bHFM2K583z825VBr+mCe42IDjWRgfcEqUslOpQW7tBk2TA"
    "7qTBk6U0YLxn63PFDtiKMaGgZiTPw/9UhRMFW6vF912ZpfcwQTVWvEVfkZPmRkkyRbCOJz"
    "6j6chAngmcwAD6Nk8bvgTiZBCJPP+ewOghYy34k6YpP5GLZFEDKZH+9EgOhJWJhfoYnXfi"
    "FfyP29VFXCLA7s/h7YcCFe4wdiAShDugy0C2TufJu6SDZuBWlCg6tKRUVLQMaDuC6wc38/"
    "nyEymogulJlF0VyUverLwC8XTeQFI19IcOmpvHvuangrQ8BYcILNbywIBWMAWjJebMdEZP"
    "FKhpL5+osfScYFSGNP0mXhtajBAHgt/+Nw8ekLGn6ZJP5+YP0vBDLwWQ6aPvBv2fxDYIXd"
    "ujzZ5ygST0eSPfeGr/Oc1okgG9RJ+SZqVaTizKV9izJqBktLHuny2PUCUR3AvkIAOyISiK"
    "JVpkrJTUhpLbe+lpvcFPOIV0dOZmUbpN82u8avI3oyUg9UFuuUUIOBv4H+simeYqN5OjVD"
    "1CKGSNvM5ZOgWzZzOmozthuUTIOMoOYF1xe5Fp+pemroWtzSlvVE/di11ChsUyjQzzRjfC"
    "ce9ysYoNmyQo1QoEWCYZGMBKE8IEV2MHmELoaEg8GrXTDkwBbrhn/wzSMWnoiB4B9vk5l6"
    "4hYkXSKWOkYLTtNt8mUBx4MmE2RwyZ8Ezss+mAsN1k8i5HHJr9iQyXtBPcKx5dMs8i5EGz"
    "MkqSYHLsAMC4R8WsV/nV9R/lQ4radplFasj/0KGiUYNCqqeSzRCaM+c/a/juN2UO64HeQc"
    "t3ROioJ7y/GNBDS8NeAN1jkVfGOJDgK8/sOkYmNSC0+kT8gLspox2Yy5PjislTTosCJr0G"
    "EuQnEibxxWMdojgXYY7fK1nTHakyqRqtmeldVXA7Q5+65jQRnPN1bKJ5US6uDesf746xAx"
    "dRIsJag5sLbMrVo3rPgmquLUSgl1Lxx0/TMrBGyFO2ySgnqTavMmpdlkzSa3sCfWwSY/b+"
    "L4KxiMgzSXLJ/2K6hkEpbXiCB0qcflxdwuuL68C2LdhHnAZEr28QLcDN9ffLqVHGwY5Rfe"
    "002AWBzE+sGkoOOiCf4Kds4u3t+8ksnbyVQG3dmQGzMwl6ZXjlRu8L36sGmLF7B+Bd2rD5"
    "tu7m7wYFIpoRuLdA7gw4MaAB8elAIsi9IAPyJiUiUqPZZokI208YNLOX5ohpVc/6XVDBku"
    "4iuEfeYEO8GRNB30acORQy1sKNnPKaEm82QK+6WZcb5+xwYT+jobMRyq6SpGdEZUm9HtNq"
    "PhaEaZko8wKdM9OurwqM7WfFS+NR/lrmagcgFyCzCuIClikeYYioM3P/64WQV/bafpJUCr"
    "nQDISOpTAPVPAYi3IRfbI5XsECmZBofy3oZTJ69tJOuz2vqsdgv2wG753NpxVvu9R4gA/c"
    "YrStSXKOxXEKtmUG3keipZ+2RArEXpA1geJH5ErukhYMwgmcr7LqkL5tSzzPCJvHYiOFtt"
    "Q8ZeGx4HYxc+IMA4dRxkAsxLcvZt6k2aRN1SEnWZ2V99kU1L6kW27YvsM16R1rqe3TAdE4"
    "T8KKjdsUBzOve2aNxz6jLx56vAmRTRgGYBDcJmFOCMBTSYWTA59YyZ2AWZWDoLVtSfLApL"
    "UM1JZsCdSNGNwbu7KYAr0Ht//en08hx8vDk/u7i9CIOeo23RL0zbhDfnw8tsGlxkYFM5Ji"
    "8t1T0WdAPphkPE1PXCtKT2J7TNn9AqY/uWI6dXam37pf0a5jZbVvyuvS1zgQnjfCrzb0mz"
    "NmwBWAI15L4D9/cmXNzfA1Nm9oITGYIUVBP/E0MUmFRUgf7JEVFrh1CO5YHU5MHUvjyW+i"
    "pvgDf76gKLPHWrpPy64IK8oMngVKs22NtusBdehlieAb7pOxA3j/9aqXy148KxhDaDa5jB"
    "2lfSnK9E37HXsuh6fcvYcqytfsvY84bWX5BHKjSsAvV0WVKlmuJEnRph9iYac6kYwuhKpP"
    "Qd5DKfSl+mfjWli0Y0bZ5Ezpvw5nEwx3wmtUih9vkqIg48Nw5kBe6gZl5ZQwtlyMXIjzcg"
    "nj0WdbKKaCb5in87evLudK2otlJRjfu1tpMhkmgw7HO/14h2teYEieFUURresYze5xVHec"
    "K1I8YoFXuQS+1iYqzEwZMWe9E3qIdYBNHWigAGQi8aPsyYp3wDfUroRcMXqCoq2MUSLxo4"
    "aMuLJ1a5KSgrqbef1bcfoY2vdFlTSq4zbtyG0Q9sIyWVNpJoUKWVltlWarX+KF0hw04spt"
    "2NbXM3phIcfpW32kBV2j0jprPx1cnGp6Pny9HvbmCn9gM8s4qgEx09fxckyGG1LkgL6i7Q"
    "3rA2ecPiawuKRvsawE201FV00zO8Drw6TVonLt34CBc2KryCdVnSr3DmOok633XmfqAELY"
    "CLDIQfkQkm1JV5yUJ/8Il/66dL5/5FGehRXnwRnL3Lu2if0lCdOy3ClrRXtWU7ab/Cq6pZ"
    "2BZomLaYU7RgGlQkNYokdORgjchBF02QiwqzGVVd5pIQ6t4Zj/1BHZZI1Kq4GTfHEi03lx"
    "VoooxoB3miLeGFalGvLppixsX8UD06lRPs4AK2/uNTmn0th16zr7k+1+yrpv460gUJo1Kp"
    "B9JyugM099p+7jUR4/80bBMHCjqKbXp6a177OXjtZyFeh8jFxqyX513Dgn4F7QrjKt9jXc"
    "shXXNqspfCcz7xmG05g/mIXKYYAJQQ6aD1OTiqk8NY1CoP/znKZTGWc0oB4bB6B9Hd36tF"
    "m+1V0GZ7efOeEh76g9IIl192mhBp/rrT5yHJ1nax6bOmLPn2fxYnf5k="
)
