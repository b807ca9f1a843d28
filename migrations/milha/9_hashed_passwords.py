"""Passwords that are hashes, and a second secret of a NAS while the first is changed."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        ALTER TABLE "access_account" ADD "password_kind" VARCHAR(8) NOT NULL DEFAULT 'clear';
        ALTER TABLE "nas" ADD "next_secret_sealed" TEXT;
        ALTER TABLE "nas" ADD "next_heard_at" TIMESTAMPTZ;
        ALTER TABLE "nas" ADD "next_secret_at" TIMESTAMPTZ;

-- ---------------------------------------------------------------- by hand
ALTER TABLE access_account ADD CONSTRAINT access_account_password_kind_known
  CHECK (password_kind IN ('clear', 'nt', 'hashed', 'imported'));
ALTER TABLE nas ADD CONSTRAINT nas_next_heard_of_a_secret
  CHECK (next_secret_sealed IS NOT NULL OR (next_secret_at IS NULL AND next_heard_at IS NULL));"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        ALTER TABLE "access_account" DROP COLUMN "password_kind";
        ALTER TABLE "nas" DROP COLUMN "next_secret_sealed";
        ALTER TABLE "nas" DROP COLUMN "next_heard_at";
        ALTER TABLE "nas" DROP COLUMN "next_secret_at";"""


MODELS_STATE = (
    "eJztXW1z2zYS/isYfak9o/hs+SVpfHMzsuNe3XPsjO1cO006MkRCEs4kwBKkFV0v//2wfB"
    "HfGVKWaIrBh7vGBJakngWB3WcXi796JjVmeO+OOA5l095b9FePYZPIf6Ra+qiHLWt5Hf52"
    "8NjweopYn7FwbKw58vIEG4LISzoRmk0th3IGnX+dYQdhhrhFbOxwG2kzzKZEoPmMGgS9h7"
    "sj22VCdtKRA71nWCDGkfc8xCeIOgLxOduDB+pck0/0333d93YZ/dMlI4dPiTMjtnzCpz/k"
    "Zcp08oWI8E/rcTShxNAT4D2SBdzBaxg5C8u7eD7D9k9eV3jx8UjjhmuyWHdr4cw4W/aXPw"
    "yuTgmDn0P0GKjMNYwA/vCS/7bygmO7ZPmaenRBJxPsGqAakPZfIbrWG42ub+5Hdxf3o1Ev"
    "o7ZQIoZ2cEnjDFROmSM8BEz8ZWQQNnVm8s+To6/+cyIg/F7wwH8Pb89/Ht7unBztwgO5HD"
    "f+eLoOWgZe01fvFtjB/k083COgn7Ahf3QG6l/ubq7zoV4KpMDWqeag/yGDCmcV0MMLEerR"
    "+G8A9hKYAQq4synEn0Yc3p33w9/SyJ9f3Zx54HDhTG3vLt4Nzjw1RLC7lg7gjLCTxf6dbH"
    "GoSfLxT0qmlRCI7oX/2EJV9GyC9RtmLIIvr0Q195fvL+7uh+8/JPTzbnh/AS0D7+oidXXn"
    "JKWz5U3Qr5f3PyP4E/1+c32RVuOy3/3vPXgn7Dp8xPh8hPU4RuHl8O1hips8xr49uDDG2u"
    "Mc2/oo08IHvKhvtskcmOkrmOGppzMAF17TX4aGFr3nj4TlrFDLprIlCltUzuNhr28uUkM0"
    "JtgmNvJkThGX6vSWhrufh68GxyeICvRILCe7BNWSfMYCQ/Xsh3dGp5fMyf/s/P6pz00O2f"
    "QHFqwV7V1fpvAKr34cDA4PXw/2D0/eHB+9fn38Zv+N7Ou9b7bpdckneHb5z8vr++QXBRfK"
    "Vx3vvzXW97D/ehb4l57gEkv8m/0KS/yb/cIlHpqSa4v35YykYTarA3FSSllSBZZUBLPNjV"
    "pjOOzfwTF8OKgA7uGgEFxoSoKrSSNgNfsoKanso7bYR8GnHzOPPNQSWidfLCrvtoLWk5Jr"
    "0Hrwum1R+pYoOccIzmrZwMIZuWKlrzstqzTdZk3b5ElaFavoOSmptNw2LbfDqz3npoXZop"
    "d1asOWfolPq8X6fNOjvWEEGWSKDUSYQ50F2jm//vDLLqJMUJ0g6X4iy+ZP8t/2KZLK9m4n"
    "+rL9iVON+IypIDaV/xwTg7Op9HCld0uyLvBmH6V8ZuUzb6HRm/A3DgZVnGbZq9Dj8NqSLo"
    "f3yY3qopyU6iLWJ5WwPinB+iSDtcas/9RBOezfOVrioAotcVBMSxxkaIn/yom+DrRh/w4O"
    "3fVzPoqWKIa+W7REOwzcj8Kz0NLWrXe5zLQVDp5MwE+2q8ZrTGKOiQ0RfE92Dz08WFiIOZ"
    "e/AEjhhweIvGB7ytmA6qeyGfhMeRXeTDZIg9ORFijiQuz5d4B2kRfg2eSjlHW7pdatwaeU"
    "1TK8QoHO2QTrX7aU67BZ1yExfdUBOiPYQcQH+1UQl70KEffaVPCtseCbgdnUlfZIrek4Jt"
    "McyD3LeXV222sE5zdV4vTFYfpMlH5G6k3KS4EG4RUL4RBzK/HVCRPUqZVFGhNpEGONmxNu"
    "+6Z7M0vgSSVCp4TPSWMtfQv6lDOYz7icdjHLRzsSSoE9llKbQju06poN6Zzd3FwlfN2zy5"
    "SBfP3x/dmFRN0DXXaiTsJuVgzE98dAZELmnsezasw8LqzCqSqcmsc2/UrGd0QIH/s05xRr"
    "7JcwT3MyHolYvwrUE+hSrhMoEDsNIpzUxPYCPZIFsEFwKcwA5hPvT43zR0p+EIjqECeVP9"
    "HOY5vWfPdnEEyC1ncQ4zKK6CggOopZJWjIwl28uSXsr/a2PGNvizJRvkcTpUW5mxW03uSk"
    "tyVKrpTRByGlUd1ISUzo2+GS9hubzQVMMmZhUhFZLfzEbUKn7F9k4WniUr43Zlqek50MJG"
    "6XAr6GAyy8Gr2ijedLyys+7uQv14lBfK/6fHh3Pnx30fv6MkmLrnC4mRvXXTaVWdhavFMF"
    "89oituAMwW5uP+HR37g9dhcCQq+CYFubjaQl7MddTawTNF4gV6Adl2FNk+Yv0fvI4HMib4"
    "EF2X0rjWlpIQfvIfasRZ7h3dhzVcy3xVNYmXWuwpKbzbKTL+GahOUYZCUceExmJZxbtlZs"
    "Ot2OmJgadQBeCnQQ3U0MYmtWM6FxKdA9gCvlLpSkLmQzF+SzCKk1QUQS3cN3M7nONaOQ2n"
    "NCkK2Gd/1b3aV749SaHJYC3UO3ShpIcRZIJgkkss+z+N6TLwUGclKqE4ZaGX1z8dt9OX26"
    "ZG+ubq7/GXZPc6qKPv0+6dN2RP3Ogx2EvbxdlEFTv3QbZaxTlXBf4L//IBCWABLwNhAQBY"
    "wgy8DMIwfkNO2Kh4e3yM8SARaByDGnn6IZl78JCbxA85nn7yPqAH/ALZJT0W7zj/s2+/Bp"
    "SdkAGSUbP/Xgwcs/AnrE+1sxFa1kKvwBUtfQ8CUaTCWLUqq2MYtMl5+RjnPMjTsTG0bhSI"
    "+JrRRdWAnqg/3NjvfDweuT5QiHP8rG9N374dVVNlVMDkEbzAGes68CDInCgRuTKjMittCA"
    "KAERjIA0twNLQE344jLPBK9l3kY97JQV+71YsQmtR6ZMLWslKdfcNN4RwyWmgJilWU8DSU"
    "GlgpVVENr2teCPCSno15UjESvw87w0iVg1oS3TQ9VUieQEnMiWuJWLwu3l+X0vd6JZA7ix"
    "O3UV3eTkWgFemA+eD+2H4C4dhTU2aRZA+iKEmod6lkwLlVFIpIU6r3gGBBVIcEPfQ7dSsw"
    "IKIjyOqfM3gSY2N/0c9oj6eqJk/hbpfM5Abg7y8R7IJhqhT3n1Gjb8LJW80+K1tV9Cib1s"
    "8k6LdjGsP6oJn87ocWzlEI7FLFhcpksm5ODg6PXRm8OTo+XoXl4pG9RZu9y16mIak1CI5i"
    "BqE93ViD5aZbzmyjbJ3w6Otgzl+uM3R7I5hI8PBlsCsBXsN6+cYBb0714KyQYOSSCWkeOA"
    "F+/AWwo0vwWv9/eJyzRAEI1dajiUiT143j82FVBremOeZVONjCCxPmcWKWWnkoJdWgwbJg"
    "dVpQxVKaMFY79bEah25FENNY0IIf+fuywvmSrZ3i87bM3rOcKxrhXyqrwKH5DZBGQLI86c"
    "24+nQQF4ARXg8bJY/B66hyIIQfE5j90h2CD6W9lHLjIfgnsxQnTh5TsxJDWJc+srNPHYz+"
    "wzixUJfZSfDSRrzUNqyrtL36/ssLy7I4gxgUwuDIeUzvzDSdHOwwPUDfUh3gt7i4eH3eAp"
    "YBAFtSLkVWTihfwxXroXwpA4ppE9BBX6TW4TeLjhFyP1D0SVHQ2pGMfPHoOHzWeEjSZyoE"
    "D9UjKXbbt9eCmbTOAYk8/MP1oVTri7Ht5Bopnw98l5N/MTzgTCBmSl7eiELXYhYc2zkrx8"
    "NUeqYuwCKRccvuoPs1fwH8uRr77gwZsBvfiD6H9mWKBPMDT7yDvL8w+JGbWrsnGflvl+Kl"
    "/tpc0KVU21Sp7aoEphOdmrpOBnprjcciryp54s0sUZ8jmiKk1+hTT5xGpQy31PCzZZ6w+W"
    "s025kxstp0gY/PC8Sb3Mc4lJKdeluusSt0GyiJenw6ZlG+RUN7ukriMldmmN1ZkwEkINTh"
    "a+ubiVs4Wi/VpE+ykipPgj6BYRkkzFjdy07KJdmoubEFRk7/rSEaONcs/NR4zutGWaqJ6Q"
    "mBiFbcrv+pmnuI7Y5X4JrTcLO1TI71rEaDMggBh3fA5qh7InbFPMHDTY3UNDB5ly3vB2M7"
    "rMoBM5ELw9i1B+KboDsFNyqhM8Z4vkJh/mU2pkMiGaA3SVH5Huo7m0YL3KUK4DdJaJBRz2"
    "6jKHGh6rBQdcmlQQ4A8tvEAzKhHyWCzvcV5H+LPGFkzFWrVifuyXsFb+oKljmkcSneBQUg"
    "UdqkTjB8XR+EEmGs/nLC9juxjfpYCCtwK8/jxXB99IooMAr3+HsFyY6uWc8mcUe1nNmWzG"
    "XR8cVaoEdVRSCuook3Y6gWOk6zjtS4F2OO3w2M447XGTqK7bnpZV5z20uaSyZWBI0hzXKh"
    "KWEOrg2rH+pPoAsfokWEJQcWBt+bYqHZvjuag1P62EUPdyfNf/ZQWArXAwUVxQLVJtXqQU"
    "m6zY5BZqYh1s8sueBnCN/XGQ5JLhar+ESmZBe4W0UJu7Dpy2bqObq3s/tVC6BwLq7I8X6H"
    "b47vLjHXCwQepmcPg6Q3JykPOHAEHLJhP6Be2cX7673YWK/GwKOY4mdrQZmoPrlSGVG3yu"
    "2kHc4gmsX0L3qh3Emzvw3f+oaqEbiXQO4KPDCgAfHRYCDE1JgJ8I03ktKj2SaJCNNOmjzR"
    "362Awruf6TyAXRbOKskGWbEewER9J0ji2T+I5W1kG+dBc86pfUQ303OyutfO02+9qevmYE"
    "PIsVlR0XVrpus65NPLK4QbVaDGVCqMny0vKXNGNJrD90LOiUiZGgARFS55NKiaoPqs0flM"
    "bxaMZFrSyMuEwXzJOU83Ncxfk5LnZ+jjMnGnGYgOwcjEto4EikOQ748PWPP24K4zUXoQGA"
    "VttjlZJU+6yq77OSTyM2NUd1iiolZBocyvsbPnFgbSNZlThRJU5asAZ2K6uhHSVO3rmMSd"
    "Bv3bz6trHGfknoSve7jWy3TrFb2HJgcP6IwsoYT8TWXYK0GWZTqP3BbTTnrqEHV+C0Jr8k"
    "iYmFeKW5Dhrb+JEg4XDLIlAepKDU7aaepMJUWxqmCg/EqT/JJiXVJNv2SfYFTxZtnWY3TM"
    "f4SZU1zO5IoDmbe1ss7jm3hfz5deCMiyhA04D6iYk14IwEFJhpMB3uajO5Cgo5debMqD8Z"
    "HBegmpFMgTsB0Y3Bu7cpgEvQe3fz8ezqAn24vTi/vLsMtpUsl0WvMekT3l4Mr9LV44lG9d"
    "pZz0mp7rGgG6jSHyBW3y5MSqp4QtviCa1ytu8cYvUKvW2vtV/B3RZhx2/621DcUjrnUygo"
    "CW5tcAdkSNSI/RY9POh48fCAdChViSeQ5Ol3k/+TQxTpXHbB3t482WuHcYfClv/41v8+bP"
    "zfzTrgzT46xyNPHMYMb+efK+vf0q8boBz2tjvsuWcIFx+c0vTRwZvHf61Ufr2CDJGEcoMr"
    "uMEqVtJcrEQdTduy/UvqcM5wrK1+OOfLbl66ZE9cWlg55mnYUmaa0lifChuZdDJ2wDDEy5"
    "MEYfsQ0K6ugKJRULGqD7XMdQjRyFvrp8vgDRV+Qas5dWZgRUqzzzMRKQuLxueEg5p5ZAUr"
    "VBCbEi/fgLnmWPZJG6Kp8lZ99Clx5Kiqd9VOQzXSa+Ugw1KiwbTPg14j1tWaS9AGn0qt4R"
    "3JqHW+5iiPhXbkGOVyDbK5mU+MFQR4kmJlrNgWqqKM8x3eX+RD6Gdb1wTQF/qu4aNCuERa"
    "NjmeazF8CaHvGj7fVKmDXSTxXQOHTTivaZUD9tKSavlZffmR1vhKZxwm5DoTxm0Yfd83qm"
    "XSLiUaNGnBM9tKq9YbpSvUMIvEVLixbeHGRAnZL3BMG65Lu6fEVL3TKvVOVfZ8MfrdTexU"
    "cYAXNhFUKbmXV0GMHK6ngqSgUoGKhrUpGhYdDJM32tcAbuxOXUU3+YVXgVcVouzEsUYf8M"
    "IkuSeXhy39kmCuFevzzWDue87IAtlEI/SJ6GgCh3QzFMSDT71jrG0+944iIk9wtJC/9y4b"
    "on3OjaqcGhTcSUVVW7aS9kuiqoqFbYGFacpvitc6ljmSUJmDFTIHbTIhNsmtZlR2XFZMqH"
    "t7PA4GVVgi2avkqPcMSxQuLivQRCnRDvJEW8ILVaJebTKlwpHfR92tUxnBDk5g698+pdjX"
    "YugV+5rRuWJfFfXXERXEnMpaGkjKKQUo7rX93Gssx/952MY2FHQU2+TnrXjtl+C1X4R4HR"
    "KbarNelncNGvoltCuOunyLdS2GdM2lyb4XnvOZ22yLGcwnYouaCUAxkQ56n4PjKjWMZa/i"
    "9J/jTBVj+KZqIBx07yC6B/uVaLP9EtpsP+vec+YE8aAkwsXHScdEmj9Q+mVIsrUdHf2iJU"
    "u+/h/vK9ST"
)
