"""ONUs are provisioned: rules for VLANs and profiles, runs with their steps, what waits on OLTs and what differs there."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
-- Where a PON is in its OLT, as command lines say it: SNMP calls the same port ``GPON 0/1/3`` or ``1/1/3``.
ALTER TABLE pon_port ADD COLUMN place text COLLATE "C"
  GENERATED ALWAYS AS (coalesce(substring(name FROM '[0-9]+(?:/[0-9]+)+$'), name)) STORED;
CREATE INDEX pon_port_place ON pon_port (device_id, place);

-- What an ONU is configured for. A rule holds for an OLT, a PON, a plan, a plan on an OLT, or (all null) everywhere;
-- of each field the most special rule that says it counts: plan on OLT, PON, OLT, plan, everywhere.
CREATE TABLE provision_rule (
  id bigserial PRIMARY KEY,
  device_id bigint REFERENCES device (id) ON DELETE CASCADE, pon_id bigint REFERENCES pon_port (id) ON DELETE CASCADE,
  plan_id bigint REFERENCES plan (id) ON DELETE CASCADE,
  vlan int CONSTRAINT provision_rule_vlan CHECK (vlan BETWEEN 1 AND 4094),
  user_vlan int CONSTRAINT provision_rule_user_vlan CHECK (user_vlan BETWEEN 1 AND 4094),
  line_profile varchar(40), service_profile varchar(40), onu_type varchar(40),
  down_profile varchar(40), up_profile varchar(40), bridge boolean,
  version int NOT NULL DEFAULT 1, created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT provision_rule_place_key UNIQUE NULLS NOT DISTINCT (device_id, pon_id, plan_id),
  CONSTRAINT provision_rule_place CHECK (pon_id IS NULL OR (device_id IS NULL AND plan_id IS NULL))
);
CREATE INDEX provision_rule_pon ON provision_rule (pon_id) WHERE pon_id IS NOT NULL;
CREATE INDEX provision_rule_plan ON provision_rule (plan_id) WHERE plan_id IS NOT NULL;
CREATE TRIGGER count_version_provision_rule BEFORE UPDATE OF vlan, user_vlan, line_profile, service_profile, onu_type,
  down_profile, up_profile, bridge ON provision_rule FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW)
  EXECUTE FUNCTION count_version();

-- Where a login's ONU is to be put, until it is there: the sale or the crew says it, provisioning finds the login by it.
CREATE TABLE planned_drop (
  account_id bigint PRIMARY KEY REFERENCES access_account (id) ON DELETE CASCADE,
  box_id bigint NOT NULL REFERENCES splitter_box (id) ON DELETE CASCADE,
  box_port int CONSTRAINT planned_drop_port CHECK (box_port BETWEEN 1 AND 128),
  planned_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX planned_drop_box ON planned_drop (box_id, box_port) WHERE box_port IS NOT NULL;

-- wish: what is wanted, as the driver is asked; course: what is said, as it was planned; key: the form that asked.
CREATE TABLE provision_run (
  id bigserial PRIMARY KEY,
  kind text NOT NULL CONSTRAINT provision_run_kind CHECK (kind IN ('authorise', 'deauthorise', 'replace', 'move', 'reboot')),
  state text NOT NULL DEFAULT 'planned' CONSTRAINT provision_run_state CHECK
    (state IN ('planned', 'running', 'done', 'rolled-back', 'stuck', 'settled')),
  wants text NOT NULL DEFAULT 'run' CONSTRAINT provision_run_wants CHECK (wants IN ('run', 'go-on', 'take-back')),
  device_id bigint NOT NULL REFERENCES device (id) ON DELETE CASCADE,
  pon text NOT NULL, number int, serial varchar(24) COLLATE "C" NOT NULL,
  account_id bigint REFERENCES access_account (id) ON DELETE SET NULL,
  login text NOT NULL DEFAULT '', onu_id bigint REFERENCES onu (id) ON DELETE SET NULL,
  wish jsonb NOT NULL DEFAULT '{}', course jsonb, problem jsonb,
  made_by varchar(80) NOT NULL, made_ip text, made_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz, ended_at timestamptz, settled_by varchar(80), note varchar(400) NOT NULL DEFAULT '',
  attempts int NOT NULL DEFAULT 0, due_at timestamptz NOT NULL DEFAULT now(), lease text, leased_until timestamptz,
  CONSTRAINT provision_run_course_is_object CHECK (course IS NULL OR jsonb_typeof(course) = 'object'),
  CONSTRAINT provision_run_ended CHECK ((ended_at IS NOT NULL) = (state IN ('done', 'rolled-back', 'settled')))
);
CREATE INDEX provision_run_due ON provision_run (due_at) WHERE state IN ('planned', 'running');
CREATE INDEX provision_run_device ON provision_run (device_id, id DESC);
CREATE INDEX provision_run_onu ON provision_run (onu_id, id DESC) WHERE onu_id IS NOT NULL;
CREATE INDEX provision_run_account ON provision_run (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX provision_run_stuck ON provision_run (id) WHERE state = 'stuck';

-- What a run that has not ended holds: serials (sn:...) and places on PONs (0/1/6:2). Nobody else runs there meanwhile.
CREATE TABLE provision_claim (
  device_id bigint NOT NULL REFERENCES device (id) ON DELETE CASCADE, place text NOT NULL,
  run_id bigint NOT NULL REFERENCES provision_run (id) ON DELETE CASCADE, PRIMARY KEY (device_id, place)
);
CREATE INDEX provision_claim_run ON provision_claim (run_id);

-- Written before the command is said, and after its answer; back: how many commands of the way back were said.
CREATE TABLE provision_step (
  run_id bigint NOT NULL REFERENCES provision_run (id) ON DELETE CASCADE, position int NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CONSTRAINT provision_step_state CHECK
    (state IN ('waiting', 'said', 'done', 'refused', 'unknown')),
  back int NOT NULL DEFAULT 0, answer text NOT NULL DEFAULT '', doubts jsonb NOT NULL DEFAULT '[]',
  saying text NOT NULL DEFAULT '', at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (run_id, position)
);

-- What OLTs showed when they were last looked at: ONUs that nobody configured, and what differs from our rows.
CREATE TABLE olt_look (
  device_id bigint PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
  looked_at timestamptz, look_due_at timestamptz NOT NULL DEFAULT now(), look_problem jsonb,
  swept_at timestamptz, sweep_due_at timestamptz NOT NULL DEFAULT now(), sweep_problem jsonb, onus int
);
CREATE TABLE onu_waiting (
  device_id bigint NOT NULL REFERENCES device (id) ON DELETE CASCADE, serial varchar(24) COLLATE "C" NOT NULL,
  pon text NOT NULL, model varchar(60) NOT NULL DEFAULT '', software varchar(60) NOT NULL DEFAULT '',
  found_at timestamptz NOT NULL DEFAULT now(), seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (device_id, serial)
);
CREATE TABLE olt_drift (
  id bigserial PRIMARY KEY, device_id bigint NOT NULL REFERENCES device (id) ON DELETE CASCADE,
  kind text NOT NULL CONSTRAINT olt_drift_kind CHECK (kind IN ('stranger', 'ended', 'absent', 'elsewhere', 'different')),
  pon text NOT NULL DEFAULT '', number int, serial varchar(24) COLLATE "C" NOT NULL,
  onu_id bigint REFERENCES onu (id) ON DELETE CASCADE, account_id bigint REFERENCES access_account (id) ON DELETE SET NULL,
  facts jsonb NOT NULL DEFAULT '{}', found_at timestamptz NOT NULL DEFAULT now(), seen_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT olt_drift_key UNIQUE (device_id, kind, serial)
);
CREATE INDEX olt_drift_onu ON olt_drift (onu_id) WHERE onu_id IS NOT NULL;
CREATE INDEX olt_drift_account ON olt_drift (account_id) WHERE account_id IS NOT NULL;

-- Who ties ONUs in the street provisions them; who sees the network sees what was provisioned.
INSERT INTO role_grant (role, permission, scope)
  SELECT role, 'provision.read', 'all' FROM role_grant WHERE permission = 'network.read'
  UNION SELECT role, 'provision.run', 'all' FROM role_grant WHERE permission = 'plant.write'
  UNION SELECT role, 'provision.settle', 'all' FROM role_grant WHERE permission = 'network.write'
  UNION SELECT role, 'provision.rules', 'all' FROM role_grant WHERE permission = 'network.write'
  UNION SELECT role, 'provision.export', 'all' FROM role_grant WHERE permission = 'network.export'
  ON CONFLICT DO NOTHING;"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DELETE FROM role_grant WHERE permission LIKE 'provision.%';
ALTER TABLE pon_port DROP COLUMN place;
DROP TABLE olt_drift, onu_waiting, olt_look, provision_step, provision_claim, provision_run, planned_drop, provision_rule;"""


MODELS_STATE = (
    "eJztXW1z27i1/isYfYkzo/jasuNkkzt3Rna8XbeJnbG93d4mHQkiIQnXJMASpBW1N/+9OC"
    "Ap8T2kLNEUgw+7sQgckHwOCJx3/LtnU2uOD++I51E2671D/+4xbBP5R6qlj3rYcVbX4beH"
    "J5bqKWJ9JsJzseHJy1NsCSIvmUQYLnU8yhl0/mOOPYQZ4g5xscddZMwxmxGBFnNqEfQJRk"
    "euz4TsZCIPes+xQIwjdT/Ep4h6AvEFO4QbmtyQdwyefdtj+4z+0ycjj8+INyeuvMOXf8jL"
    "lJnkGxHRT+dhNKXEMhPgPZAljKAaRt7SURcv5tj9VXWFB5+MDG75Not1d5benLNVf/licH"
    "VGGLwOMWOgMt+yQvijS8HTygue65PVY5rrCyaZYt8C1gB18Ajra73R6PrmfnR3eT8a9TJs"
    "iyhiaIeXDM6A5ZR5QiFg428ji7CZN5c/z06/B/dZAxH0ghv+dXh78dvw9uDs9CXckMt5E8"
    "yn67BloJq+qyGwh4NBFO5roB+xJV86A/Wf726u86FeEaTANqnhof9HFhXeJqBHF9aor+d/"
    "A7CXwAxQwMi2EP+04vAefBr+LY38xcebcwUOF97MVaOoAc4VG9aw+44J4Iywl8X+g2zxqE"
    "3y8U9SppkQkh5Gf+whK3ouweYNs5bhl1fCmvurT5d398NPnxP8+TC8v4SWgbq6TF09OEvx"
    "bDUI+uPq/jcEP9Hfb64v02xc9bv/ew+eCfseHzG+GGEzjlF0OXp6WOKmD7FvDy5MsPGwwK"
    "45yrTwAS/qm22yB3b6CmZ4pngG4MJjBtvQ0KH3/IGwnB1q1VS2RWGHynU86vXDTWqIJgS7"
    "xEWK5j3ikp1qa7j7bfhq8PoMUYEeiONlt6BalE/YYKiZ/fDO6eyKefmfXdA/9bnJKZv+wM"
    "K9or37ywwe4dUvg8HJyZvB0cnZ29enb968fnv0VvZVz5ttelPyCZ5f/enq+j75RcGF8l1H"
    "/Vtjf4/6b2eDf+4FLrHFvz2qsMW/PSrc4qEpubeoL2ckBbN5HYiTVFqSKpCk1jC73Ko1h6"
    "P+HZzDJ4MK4J4MCsGFpiS4hhQCNpOPkpRaPmqLfBR++jHxSKGW4Dr55lA52gZcT1Jugevh"
    "47aF6XvC5BwhOMtlCwtv5IuNvu40reZ0mzntkkcpVWzC5ySl5nLbuNwOrfaC2w5my15WqY"
    "1a+iU6rRHr80ON9oYRZJEZthBhHvWW6ODi+vOfXyLKBDUJkuonclz+KP923yPJbDWc6Mv2"
    "R04NElhMBXGp/HNCLM5mUsOV2i3JqsC7vZXWmbXOvIdCb0LfOB5UUZplr0KNQ7UlVQ71yY"
    "3qopyk6iLWZ5WwPivB+iyDtcGc/6uDctS/c2aJ4ypmieNis8RxxizxL7nQ14E26t/Bqbt9"
    "m482SxRD3y2zRDsE3N+FktDS0q26XCbaCg9Pp6Anu1X9NTaxJ8QFD76iPUTjsYOFWHD5Bm"
    "AUHo/B84LdGWcDar6XzWDPlFfhyWSDFDg9KYEiLsRhMAK0i/c5Dp5d3eorG49hNZM9r+U/"
    "MAjIyqGY/0Jo8XefxV+LzyirJZlFBJ0TGra/r2ndYre6RWJ9qwN0hrCDiA+OqiAuexUirt"
    "q0d64x75yF2cyXAkut5ThG0xzIPcd7dX7bawTnt1Uc+cV+/Iwbf07qLcorggbhFUvhEXsv"
    "8TUJE9SrFWYaI2kQYynATrkbyPbNbIFnlSw+JQafZzVKtMzVs2vZTSp29DEH3XMutzTM8g"
    "FeE6UgnkiqXc3kSGJu1p92fnPzMWFoOL9KKR/Xv386v5QzWoEuO1EvoZNo88/PZ/7JxCso"
    "bXLTgIU4sfZla192nqnvDzK5I0IE2KcNfrHGfonZb0EmIxHrV8HuB7yU+wQKyd6H7mVqY3"
    "eJHsgysqJF4dd8GhrV+AMlLwSiJjip5Su6ebHcWx79CcY7Qesr33EabUQqEESKLXbQkIW7"
    "OLMo6q8Ti56QWKRFlJ9RRGlR4GwFrje56O0JkyuFU4I/b1TXCxUj+rErqv3CZnPOqIxYmG"
    "RElgu/cpfQGfsLWSpOXMnnxszIU7KTXtz9YsD3aIJFV9eP6OLFSvKKzzv55iaxSKBVXwzv"
    "LoYfLnvfnydi1Bcet3Od6qumMgnbiHeqIF47xBWcIUilD9zQQdb8xF8K8HsLgl1jPpKScO"
    "D0trFJ0GSJfIEOfIYNQ4q/xOwjiy+IHAIL8vKdFKalhBw+hzh0lnmCd2P31f70Fi9hZdK5"
    "dvnuNsRRPoRvE5YjkJX4F2I03TN9bz/WkdiYWnUAXhF0EN1dTGJnXtNxsyLoHsCV4kJKwk"
    "KyUSHyXoTUWiDWFN3DdzeB5jU9vMZT3Luthnf7dQakeuPVWhxWBN1Dt0qITXGETSbAZi2f"
    "Z/G9J98KBOQkVScEtTLzzeXf7svNpyvrzceb6z9F3dM2VW0+/TnNp+3w+l2E6Zu9vBTWsK"
    "lfmsMa61TF3Rfq7y8EwhJAAtoGAkMBI8ixMFPGAblM+2I8foeCKBGwIhA558z3aM7lOyGB"
    "l2gxV/o+oh7YD7hDcsoJ7v52P7Y+fFmZbMAYJRu/9ODGqx+heUT91paKVloqgglSV9AIKB"
    "oM01uHVO1jhJ4pPyMT54gbdza2rMKZHiPbyLuwEdTHR7ud7yeDN2erGQ4/yub03afhx4/Z"
    "UDE5BV0QB3hOzgoIEoUTN0ZVJkTsoQBRAiIIAWnbDmwBNeGL0zwRvJZpG/Ww01LszyLFJr"
    "i+FmVqSStJuuaW8Y4ILjEGxCTNehxIEmoWbMyCSLavBX+MSEO/rRiJWHWlp4VJxEo57Rkf"
    "qoZKJBfgRLTErdwUbq8u7nu5C80WwI2N1FV0k4trBXhhPXg6tJ/DUToKa2zRLID0WQxqCv"
    "WsMS1iRqEhLeJ5xQM4qECCW+YhupWcFVCN4mFCvf8SaOpyO4hhX5u+HilZvEMmXzCgWwB9"
    "vAdyiUHoIxEFB3Ls7l46eKfFe2u/xCT2vME7Lcpi2L5XEz6d0cPEyTE4FlvB4jRdEiEHx6"
    "dvTt+enJ2uZvfqStmkzsrlvlMX0xiFRjQHUZeYvkHM0SbzNZe2Sfvt4HTPUK4/f3Mom0P4"
    "9fFgTwB2wnzzygFmYf/uhZDs4IQK4lg5CnhxBt6KoPkUvN5/T31mAIJo4lPLo0wcwv3+Z1"
    "cOtaYT8yby7cND/qrO9RhJg35MPp0248Tccj2XEC0If6rlLE7TNQi1jY1moN5+CSjHpQYZ"
    "QZ5IDtilxtYkYZdku4Zt3brwiy780oK53y2HajvCAoeGQYSQ/+c+y4sNTLb3yw5uVD1HON"
    "a1QpigKlgDgXpgO2TEW3D34X14mISA0yTw6uCJQ3QPNT3COpXKWEmwRcx3so/cPD6HYzFC"
    "TKHC9xiSnMS55UKauO1XBnWCV3U1H+RnA7GHi8jSqkbpB4VKVqN7glhTCEzEcODxPDjoGB"
    "2Mx1CDOID4MOotxuOX4V1gDw5Ln8iryMZL+TIqehFhiIM0yCGC0z5s7qpyxVZQ2Dg4XFl2"
    "tCRjvCAYEm62mBM2msqJArWQyUK2vezDQ7lkCkcifWXBMc1wWub18A7iJkWQ9qkGC+InBc"
    "IWBFkemIQtX0L8pRL6VfilJ1kx8cHGHB7kHEyzV/CP48lHX/LwycBa/kL0vzIs0BeYmn2k"
    "zgX+h8SMuiJ8/QBb+dqGeiWDuoZPvXdqhIA9YfkXizISgXyA0afhRcAAj3zz4FkwQzdqdq"
    "K3A/nK8Ggr3mDkysG5DTGlX5l6XcYn3FyiB/ldq2zXiZz6IZMJAO0pThjcJsqE3ofM18BS"
    "TixLBJyNMTYUEMXhXy7/924s7y+o5By8oBpYLu3jMVSpDvvJN4a3Xf1WgmVYk/pdDL3qAa"
    "zhlNcxqs8te+nq1FViUwdVFDvZq6SAcka5W63XwfqcRbo4KyaHVKfGbJAak9gya5ns0oRN"
    "1k6FPX8vzRmEwYvnLepl6l2MSut31fW7uKCWRbw8BD5N26AfZbdb6jbC4Fcia50FI0HU4G"
    "IRyNR7uVpoU3+LTP11N8hn2BejPXkvJ/szuFJa7TnskiOl1UBv342iLAh11u0VQTvWbbht"
    "Z9btyJxT18Yfp9PlvdtcQVP7cYpXum75cZKJcWsDaobt5ZlxCULtq95ectC6bMVTs4PWI+"
    "0ZJ6qnByVmYZuyLX7jKS9E7HK/xCs5jzpUyLZYxrx+4DBi3AtcaAeUPWKXYuahwctDNPSQ"
    "LdcNVVvEZxadyomgKohAMdT1COCbkUud4DkFS3Z5s8AlRqZTYnjgiwriQ/togS1L1Wn1Pf"
    "BV2Vg8QNQo86ilnHLIcblNBQH3p4OXaE4lQsqNpG6nOsLPGgVRtD+pFetjv8SfFEyaOtrX"
    "mqIT3o1UebUqsbGD4tjYQSY2li9YXv5kMb4rAg1vBXiDda4OvmuKDgK8/Xo9cmOqlwHGn1"
    "B6cTNzQTO2xcFppbqspyWFWU8zSWBTuT3m2L6KzTIrAm2W2bpZJi4S1VXb07TaPNNm84xj"
    "YUiZmtQq2Zsg6uDesf0U1xCx+kawBKG2gbXl26p0iKVSUWt+Wgmi7rlztv9lhYBtcExonF"
    "BvUm3epLQ1WVuTW8iJbViTn/dsrmsczIOkLRmu9ktMySxsr5DV4nLfIy4YW28+3geZEVI9"
    "EHDq1WSJbocfrn6/AxtsmHkSHI2FGZKLg1w/BBA6LpnSb+jg4urD7Us4H4vNIEXDxp4xRw"
    "tQvTJG5YbuC/blO/Iop6yl0huE3NUJwlEaDeQ+MESw7K7yQjALEkLkXbEYrc/ZlTc/ePEC"
    "UiU4DBZ0ZmDmDs/mVWQCMlwgdUROfeGJkUPckVin0QQJFoIwM7wjMSBzJEhPiYjQAlOvj4"
    "7QVL4f41JHtqlXZMT+0gvfA9qTTxzYsHXNojYs0v0Sk7auWbSzQg+xb6MyumuSDurMpycV"
    "ID49KYQYmlIQJ9ecWvM4Tdk5G+z2Z/Sj3Dt4LZjXFE0WcKAPLvfoQzMwbz/8UG7MLvE2SK"
    "rKEHZiEWk6pYpJfEcb8yCfugtmmufkQ33bTZZaG3DabMBR/JoTUFc3ZHacWPO6zby28cjh"
    "FjVqmb0TRE2eICTfpBlJYvvxCILOmBipygh1P6kUqf6g2vxBGRyP5lzUCu2J03RBPEnpmq"
    "+r6Jqvi3XN15lDazksQG4OxiW+hTVJc46Fkze//LIrjLdcZxQA2iylPkWp0+qrp9XLuxGX"
    "2qM6dXMTNA1O5aMdHyq3xZLEcaN7DWSzhE2WfD7aG4B1XUVdV7EFQka3YpHaUVfxg8+YBP"
    "3WzzsjJtbYL3E4m0G3kevXOTAGPKgW5w8oKsf3SFzTJ8iYYzaDgoPcRQvuW2Z4JfDXQk8b"
    "C/HK8D00cfEDQcLjjkOgJmHBcTG7upM+LGZPHa/RobL1F9kkpV5k277Ipg4grpchsiLohC"
    "tn1/auIBS6hvS9JmhO6t4XiXvBXSFfvw6ccRINaBrQIJy4BpxrAg1mGkyP+8Zc7oIqoi6L"
    "6a8WxwWoZihT4E6BdGfwHu4K4BL0Ptz8fv7xEn2+vby4ursKk8FW26JqTOqEt5fDj+kT2I"
    "hBzdq5Ckmq7pmZd3DSXYhYfbkwSakdNm1z2LRK2b7ziNMr1LZVa7+Cui2ijj/Ut6GivlTO"
    "Z1HEcjgCsiRqxH2HxmMTL8djZKo46CmEZgfd5H9yiiKTyy5YZdRCNDTjHoVCHfGCHX0o1/"
    "Eyq4A3e+vcOOnkYdLyRgo0NaSOlN4PhT1kWkXRLezdpXSirZry65VRWVNoNbiCGqx9Jc35"
    "ShILe520wzhdl5aJ5846VLjmKIS1kw5XA+0ZH6rnHManYItSDq/YI5cSVo54GrWUiaY01q"
    "dC+qFJJsFpRlKCEx63iQtJf2B29VXuHNSZ68MBSia4aOTQ5vuV84aKoAzdgnpzkCKl2KdE"
    "RMqik6py3EHN3LKCFCqIS4mKOGC+PclJ2UsVpesjeSF8YF2lrr2C6pqvlZ0MK4oG42qPe4"
    "1IV1suwx5+KrWm95pG7/M1Z3nMtSPnKJd7kMvtfMNYgYMnSVZmFdtDVpTZfIf3l/kQBuHs"
    "NQEMiH5q+KgQPpGSTY7mWgxfguinhi8QVepgt6b4qYHDNhwSu8mp3mlKvf1svv1IaXyjg9"
    "UTdJ1x4zaMfqAb1RJpVxQNirSgme2lVKtm6QaVB9dk2t3YNndjovDzNzjdGNc1u6fIOlch"
    "YydVinX0fDH63Q3s1H6AZxYRdAHI52dBzDhcjwVJQs0C7Q1rkzdsfZxT3mzfArixkbqKbv"
    "ILrwKvLh/bicPIPuOlTdSDp525UUu/xJnrxPr80Jn7iTOyRC4xCH0kpqpgihkK/cHvEfUE"
    "cvlCHSCmqqiGuXdZF+1TBqpy1lc4kvaqtmwn7Zd4VbUVtgUSpi2/KV7rFPc1hY4crBA56J"
    "IpcUluuaiyQ+5iRN3L8TgeVLESyV7FOA8yVqJoc9nATJQi7aCdaE/sQpVMry6ZUeHJ76Nu"
    "6lSGsIML2PbTp7T1tRh6bX3N8FxbX7XpryMsiCmVtTiQpNMM0LbX9tteYzH+T8M2llDQUW"
    "yTn7e2az+HXftZDK9D4lJj3svaXcOGfonZFa+7/MjqWgzplkuT/Sx2ziem2RZbMB+JK2oG"
    "AMVIOqh9Dl5XKRItexWH/7zOlImGb6oGwmH3DqJ7fFTJbHZUYjY7yqr3nHmhPyiJcPEh8D"
    "GS5o+Bfx4j2dYOfH/WkiXf/wPDFT63"
)
