"""Alert rules and how each stands, incidents with what and whom they touch, and who is told when."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
-- condition: as `oss.monitoring.conditions.of` reads it. subject: a kind of sample (`kinds`), or onu, device, line.
-- is_loss: that it holds means that the thing is away; such things are explained by each other, others stand alone.
-- narrowing: {"site": id} or {"device": id} or {"role": "olt"} or {"linked": true} (interfaces at which a link of ours
-- ends); {} = every thing of that kind.
CREATE TABLE alert_rule (
  id bigserial PRIMARY KEY, name varchar(80) COLLATE "C" NOT NULL CONSTRAINT alert_rule_name_key UNIQUE,
  subject text NOT NULL, metric text NOT NULL DEFAULT '', condition jsonb NOT NULL, narrowing jsonb NOT NULL DEFAULT '{}',
  is_loss boolean NOT NULL DEFAULT false,
  severity text NOT NULL CONSTRAINT alert_rule_severity_known CHECK (severity IN ('notice', 'warning', 'critical')),
  raise_s int NOT NULL DEFAULT 0 CONSTRAINT alert_rule_raise CHECK (raise_s BETWEEN 0 AND 86400),
  clear_s int NOT NULL DEFAULT 0 CONSTRAINT alert_rule_clear CHECK (clear_s BETWEEN 0 AND 86400),
  flaps int NOT NULL DEFAULT 6 CONSTRAINT alert_rule_flaps CHECK (flaps BETWEEN 0 AND 100),
  flap_window_s int NOT NULL DEFAULT 600, settle_s int NOT NULL DEFAULT 600,
  enabled boolean NOT NULL DEFAULT false, note text NOT NULL DEFAULT '',
  version int NOT NULL DEFAULT 1, created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT alert_rule_condition_is_object CHECK (jsonb_typeof(condition) = 'object'),
  CONSTRAINT alert_rule_narrowing_is_object CHECK (jsonb_typeof(narrowing) = 'object')
);
CREATE TRIGGER count_version_alert_rule BEFORE UPDATE OF name, subject, metric, condition, narrowing, is_loss, severity,
  raise_s, clear_s, flaps, flap_window_s, settle_s, enabled, note ON alert_rule
  FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION count_version();

-- Only of what is not calm: a process that starts anew knows what was said already.
CREATE TABLE alert_symptom (
  rule_id bigint NOT NULL REFERENCES alert_rule (id) ON DELETE CASCADE, kind text NOT NULL, object_id bigint NOT NULL,
  phase text NOT NULL CONSTRAINT alert_symptom_phase_known CHECK
    (phase IN ('pending', 'raised', 'clearing', 'flapping')),
  since_at timestamptz NOT NULL, began_at timestamptz NOT NULL, holds boolean NOT NULL,
  changes timestamptz[] NOT NULL DEFAULT '{}', value double precision,
  last_word text NOT NULL DEFAULT 'nothing' CONSTRAINT alert_symptom_last_word_known CHECK
    (last_word IN ('power', 'light', 'nothing')),
  PRIMARY KEY (rule_id, kind, object_id)
);

-- at: the cause's place. why: down, power, cut, together (`causes`), rule, flapping. merged_into: it was that one.
-- maintained: when somebody worked there, which is nobody's outage.
-- monthly_cents: what the plans of the lines it touches bring a month.
CREATE TABLE incident (
  id bigserial PRIMARY KEY, why text NOT NULL CONSTRAINT incident_why_known CHECK
    (why IN ('down', 'power', 'cut', 'together', 'rule', 'flapping')),
  at_kind text NOT NULL, at_id bigint NOT NULL, at_name text NOT NULL DEFAULT '',
  rule_id bigint REFERENCES alert_rule (id) ON DELETE SET NULL, rule_name text NOT NULL DEFAULT '',
  severity text NOT NULL CONSTRAINT incident_severity_known CHECK (severity IN ('notice', 'warning', 'critical')),
  value double precision, began_at timestamptz NOT NULL, opened_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz, merged_into bigint REFERENCES incident (id),
  in_maintenance boolean NOT NULL DEFAULT false, maintained tstzmultirange NOT NULL DEFAULT '{}',
  acknowledged_at timestamptz, acknowledged_by bigint REFERENCES staff_user (id) ON DELETE SET NULL,
  lines int NOT NULL DEFAULT 0, customers int NOT NULL DEFAULT 0, monthly_cents bigint NOT NULL DEFAULT 0,
  note_to_customers varchar(400) NOT NULL DEFAULT '', expected_at timestamptz,
  version int NOT NULL DEFAULT 1,
  CONSTRAINT incident_ends_later CHECK (ended_at >= began_at)
);
CREATE INDEX incident_open ON incident (began_at) WHERE ended_at IS NULL;
CREATE INDEX incident_newest ON incident (began_at DESC, id DESC);
CREATE INDEX incident_ended ON incident (ended_at) WHERE ended_at IS NOT NULL;
CREATE TABLE incident_member (
  incident_id bigint NOT NULL REFERENCES incident (id) ON DELETE CASCADE, kind text NOT NULL, object_id bigint NOT NULL,
  began_at timestamptz NOT NULL, ended_at timestamptz, PRIMARY KEY (incident_id, kind, object_id)
);
CREATE INDEX incident_member_of ON incident_member (kind, object_id, began_at DESC);
CREATE TABLE incident_line (
  incident_id bigint NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
  account_id bigint NOT NULL REFERENCES access_account (id) ON DELETE CASCADE,
  contract_id bigint NOT NULL REFERENCES contract (id) ON DELETE CASCADE,
  from_at timestamptz NOT NULL, until_at timestamptz, PRIMARY KEY (incident_id, account_id)
);
CREATE INDEX incident_line_account ON incident_line (account_id, from_at DESC);
CREATE INDEX incident_line_contract ON incident_line (contract_id, from_at DESC);
CREATE TABLE incident_entry (
  id bigserial PRIMARY KEY, incident_id bigint NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT now(), what text NOT NULL, actor text NOT NULL DEFAULT '',
  facts jsonb NOT NULL DEFAULT '{}' CONSTRAINT incident_entry_facts_is_object CHECK (jsonb_typeof(facts) = 'object')
);
CREATE INDEX incident_entry_of ON incident_entry (incident_id, id);

-- kind: a file of `oss.notify.channels`. settings: what is no secret (an address, a chat).
CREATE TABLE alert_channel (
  id bigserial PRIMARY KEY, name varchar(60) NOT NULL CONSTRAINT alert_channel_name_key UNIQUE, kind text NOT NULL,
  settings jsonb NOT NULL DEFAULT '{}', secret_sealed text, enabled boolean NOT NULL DEFAULT true,
  version int NOT NULL DEFAULT 1, failed_at timestamptz, failure text NOT NULL DEFAULT '',
  CONSTRAINT alert_channel_settings_is_object CHECK (jsonb_typeof(settings) = 'object')
);
CREATE TRIGGER count_version_alert_channel BEFORE UPDATE OF name, kind, settings, secret_sealed, enabled
  ON alert_channel FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION count_version();
-- Who is told when: so long after an incident of at least this severity was opened and nobody had acknowledged it, on
-- these days (1 = Monday) between these minutes of the provider's day (from 1320 until 360: over midnight).
CREATE TABLE alert_step (
  id bigserial PRIMARY KEY, channel_id bigint NOT NULL REFERENCES alert_channel (id) ON DELETE CASCADE,
  severity text NOT NULL CONSTRAINT alert_step_severity_known CHECK (severity IN ('notice', 'warning', 'critical')),
  after_s int NOT NULL DEFAULT 0 CONSTRAINT alert_step_after CHECK (after_s BETWEEN 0 AND 604800),
  days int[] NOT NULL DEFAULT '{1,2,3,4,5,6,7}', from_minute int NOT NULL DEFAULT 0,
  until_minute int NOT NULL DEFAULT 1440, CONSTRAINT alert_step_minutes_of_a_day CHECK
    (from_minute BETWEEN 0 AND 1440 AND until_minute BETWEEN 0 AND 1440), tells_the_end boolean NOT NULL DEFAULT true
);
CREATE INDEX alert_step_channel ON alert_step (channel_id);
-- One message for one step of one incident and each turn of it: told once, also when the process dies in between.
CREATE TABLE alert_message (
  incident_id bigint NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
  step_id bigint NOT NULL REFERENCES alert_step (id) ON DELETE CASCADE,
  turn text NOT NULL CONSTRAINT alert_message_turn_known CHECK (turn IN ('began', 'ended')),
  at timestamptz NOT NULL DEFAULT now(), sent_at timestamptz, tries int NOT NULL DEFAULT 0,
  failure text NOT NULL DEFAULT '', PRIMARY KEY (incident_id, step_id, turn)
);
CREATE INDEX alert_message_step ON alert_message (step_id);

-- What a device told by traps (`snmp.trap_events`), repetitions folded. It came by UDP: nothing is decided by it.
CREATE TABLE device_event (
  id bigserial PRIMARY KEY, device_id bigint NOT NULL REFERENCES device (id) ON DELETE CASCADE,
  at timestamptz NOT NULL, last_at timestamptz NOT NULL, times int NOT NULL DEFAULT 1, kind text NOT NULL,
  name text NOT NULL, subject text NOT NULL DEFAULT '', facts jsonb NOT NULL DEFAULT '{}', signed_by text NOT NULL DEFAULT ''
);
CREATE INDEX device_event_of ON device_event (device_id, at DESC, id DESC);
CREATE INDEX device_event_at ON device_event (at);

-- What a plan promises: share of a month, in hundredths of a percent.
CREATE TABLE plan_sla (
  plan_id bigint PRIMARY KEY REFERENCES plan (id) ON DELETE CASCADE,
  basis_points int NOT NULL CONSTRAINT plan_sla_valid CHECK (basis_points BETWEEN 5000 AND 10000)
);
-- Proposed to billing when a month is over; a month of a contract once.
CREATE TABLE outage_credit (
  contract_id bigint NOT NULL REFERENCES contract (id) ON DELETE CASCADE, month_on date NOT NULL,
  down_s int NOT NULL CONSTRAINT outage_credit_down CHECK (down_s > 0), basis_points int NOT NULL,
  target_basis_points int NOT NULL, amount_cents bigint NOT NULL CONSTRAINT outage_credit_amount CHECK (amount_cents > 0),
  proposed_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (contract_id, month_on)
);

INSERT INTO alert_rule (name, subject, metric, condition, is_loss, severity, raise_s, clear_s, enabled) VALUES
  ('Device does not answer', 'ping', 'loss_pct', '{"kind": "threshold", "limit": 99.5}', true, 'critical', 20, 30, true),
  ('ONU is away', 'onu', 'state', '{"kind": "threshold", "limit": 0.5, "side": "below"}', true, 'notice', 10, 30, true),
  ('Processor is busy', 'device', 'cpu_pct', '{"kind": "threshold", "limit": 90, "margin": 10}', false, 'warning', 300,
   300, true),
  ('Too warm', 'device', 'temperature_c', '{"kind": "threshold", "limit": 70, "margin": 5}', false, 'warning', 120, 300,
   true),
  ('ONU receives little light', 'onu', 'rx_dbm', '{"kind": "threshold", "limit": -27, "side": "below", "margin": 1}',
   false, 'notice', 900, 900, true),
  ('Link is nearly full', 'interface', 'in_bps', '{"kind": "allowed", "limit": 90, "margin": 10}', false, 'warning', 600,
   600, false),
  ('Interface goes down and up', 'interface', 'oper', '{"kind": "flap", "limit": 5, "window_s": 600}', false, 'warning',
   0, 60, true),
  ('Many logins are refused', 'server', 'rejects_s', '{"kind": "threshold", "limit": 50, "margin": 20}', false,
   'warning', 60, 120, true),
  ('RADIUS packets are dropped', 'server', 'drops_s', '{"kind": "threshold", "limit": 5}', false, 'critical', 60, 120,
   true),
  ('RADIUS loop lags', 'server', 'aaa_lag_ms', '{"kind": "threshold", "limit": 100, "margin": 50}', false, 'critical', 30,
   60, true),
  ('Journal lags', 'server', 'journal_lag', '{"kind": "threshold", "limit": 5000, "margin": 4000}', false, 'critical', 60,
   60, true);
INSERT INTO alert_rule (name, subject, metric, condition, narrowing, severity, raise_s, clear_s, flaps, enabled) VALUES
  ('Link is down', 'interface', 'oper', '{"kind": "threshold", "limit": 0.5, "side": "below"}', '{"linked": true}',
   'warning', 60, 60, 0, true);"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP TABLE device_event, outage_credit, plan_sla, alert_message, alert_step, alert_channel, incident_entry, incident_line, incident_member, incident,
  alert_symptom, alert_rule;"""


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
