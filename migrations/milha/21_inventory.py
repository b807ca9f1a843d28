"""The network as it stands: sites, devices, interfaces, links, the PON plant, maintenance; where each line ends."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

# What people edit of each table: whoever saves says which state was seen (migration 15). What a poll learns and sealed
# secrets do not count.
VERSIONED = {
    "site": "name kind company_id parent_id address city latitude_e6 longitude_e6 note",
    "device_model": "maker name role pon_ports sys_object_id",
    "device": "name role site_id model_id serial management snmp_version snmp_port snmp_user snmp_auth snmp_priv "
    "cli_protocol cli_port cli_user ssh_host_key poll_interval_s enabled is_core hangs_on_device_id hangs_on_link_id "
    "note",
    "network_link": "name medium capacity_bps a_device_id a_interface_id b_device_id b_interface_id note",
    "pon_port": "device_id name interface_id capacity note",
    "splitter_box": "name pon_id parent_id site_id ports address latitude_e6 longitude_e6 note",
    "onu": "serial pon_id number box_id box_port model note",
    "maintenance_window": "site_id device_id pon_id starts_at ends_at note",
}
# maker | model | role | PON ports | how the sysObjectID of its agents begins
MODELS = """
MikroTik | CCR2004-16G-2S+ | router || 1.3.6.1.4.1.14988
MikroTik | CCR2116-12G-4S+ | router ||
MikroTik | CCR2216-1G-12XS-2XQ | router ||
MikroTik | CRS326-24G-2S+ | switch ||
MikroTik | NetMetal ac2 | radio ||
Huawei | NE8000 M1A | router || 1.3.6.1.4.1.2011
Huawei | S6730-H48X6C | switch ||
Huawei | MA5800-X7 | olt | 112 |
Huawei | MA5800-X2 | olt | 32 |
Huawei | MA5608T | olt | 32 |
ZTE | C300 | olt | 224 | 1.3.6.1.4.1.3902
ZTE | C320 | olt | 32 |
ZTE | C600 | olt | 272 |
V-SOL | V1600G1 | olt | 8 | 1.3.6.1.4.1.37950
V-SOL | V1600G2-B | olt | 16 |
C-Data | FD1608S | olt | 8 | 1.3.6.1.4.1.34592
C-Data | FD1616S | olt | 16 |
Fiberhome | AN5516-01 | olt | 128 | 1.3.6.1.4.1.5875
Datacom | DM4615 | olt | 16 | 1.3.6.1.4.1.3709
Intelbras | OLT 8820 I | olt | 8 | 1.3.6.1.4.1.26138
Juniper | MX204 | router || 1.3.6.1.4.1.2636
Cisco | ASR 1001-X | router || 1.3.6.1.4.1.9
Ubiquiti | airFiber 60 | radio || 1.3.6.1.4.1.41112
Ubiquiti | Rocket Prism 5AC | radio ||
Cambium | ePMP 4600 | radio || 1.3.6.1.4.1.17713
Cambium | PTP 670 | radio ||
APC | Smart-UPS 1500 | ups || 1.3.6.1.4.1.318
"""


def _model(line: str) -> str:
    """A line of MODELS as SQL."""
    maker, name, role, ports, oid = (part.strip() for part in line.split("|"))
    prefix = f"'{oid}'" if oid else "NULL"
    return f"('{maker}', '{name}', '{role}', {ports or 'NULL'}, {prefix})"


def _counting(table: str, names: str) -> str:
    """A version for a table, counted by the function of migration 15."""
    columns = names.split()
    old, new = (", ".join(f"{side}.{name}" for name in columns) for side in ("OLD", "NEW"))
    return f"""
CREATE TRIGGER count_version_{table} BEFORE UPDATE OF {", ".join(columns)} ON {table}
  FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION count_version();"""


TABLES = """
-- Places are kept in millionths of a degree (0.11 m), so that they compare exactly.
-- parent: where a site is fed from: when that one is dark, so is this one.
CREATE TABLE site (
  id bigserial PRIMARY KEY, name varchar(80) COLLATE "C" NOT NULL CONSTRAINT site_name_key UNIQUE,
  kind text NOT NULL CONSTRAINT site_kind_known CHECK (kind IN ('core', 'pop', 'tower', 'cabinet', 'customer')),
  company_id bigint REFERENCES company (id), parent_id bigint REFERENCES site (id),
  address varchar(200) NOT NULL DEFAULT '', city varchar(80), latitude_e6 int, longitude_e6 int,
  note text NOT NULL DEFAULT '', version int NOT NULL DEFAULT 1, created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT site_not_its_own_parent CHECK (parent_id <> id),
  CONSTRAINT site_on_earth CHECK ((latitude_e6 IS NULL) = (longitude_e6 IS NULL)
    AND latitude_e6 BETWEEN -90000000 AND 90000000 AND longitude_e6 BETWEEN -180000000 AND 180000000)
);
CREATE INDEX site_parent ON site (parent_id);

-- What makers sell: rows, so that a new model needs no new version of ours. sys_object_id: how its SNMP agent begins.
CREATE TABLE device_model (
  id bigserial PRIMARY KEY, maker varchar(60) NOT NULL, name varchar(80) NOT NULL,
  role text NOT NULL CONSTRAINT device_model_role_known CHECK
    (role IN ('router', 'switch', 'olt', 'radio', 'server', 'ups')),
  pon_ports int CONSTRAINT device_model_pon_ports CHECK (pon_ports BETWEEN 1 AND 1024), sys_object_id varchar(120),
  version int NOT NULL DEFAULT 1, CONSTRAINT device_model_name_key UNIQUE (maker, name)
);

-- hangs_on: what somebody said it depends on, instead of what the links say. parent: what follows (`dependencies`).
CREATE TABLE device (
  id bigserial PRIMARY KEY, name varchar(80) COLLATE "C" NOT NULL CONSTRAINT device_name_key UNIQUE,
  role text NOT NULL CONSTRAINT device_role_known CHECK (role IN ('router', 'switch', 'olt', 'radio', 'server', 'ups')),
  site_id bigint NOT NULL REFERENCES site (id), model_id bigint REFERENCES device_model (id),
  serial varchar(80) NOT NULL DEFAULT '', software varchar(160) NOT NULL DEFAULT '', management inet,
  snmp_version text NOT NULL DEFAULT 'off' CONSTRAINT device_snmp_known CHECK (snmp_version IN ('off', '1', '2c', '3')),
  snmp_port int NOT NULL DEFAULT 161, snmp_community_sealed text, snmp_user varchar(64) NOT NULL DEFAULT '',
  snmp_auth text NOT NULL DEFAULT 'none' CONSTRAINT device_snmp_auth_known CHECK
    (snmp_auth IN ('none', 'md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512')),
  snmp_auth_password_sealed text,
  snmp_priv text NOT NULL DEFAULT 'none' CONSTRAINT device_snmp_priv_known CHECK
    (snmp_priv IN ('none', 'des', 'aes128', 'aes192', 'aes256')),
  snmp_priv_password_sealed text,
  cli_protocol text NOT NULL DEFAULT 'off' CONSTRAINT device_cli_known CHECK
    (cli_protocol IN ('off', 'ssh', 'telnet', 'api', 'api-tls')),
  cli_port int, cli_user varchar(64) NOT NULL DEFAULT '', cli_password_sealed text, ssh_host_key text,
  poll_interval_s int NOT NULL DEFAULT 60 CONSTRAINT device_poll_interval CHECK (poll_interval_s BETWEEN 10 AND 86400),
  enabled boolean NOT NULL DEFAULT true, is_core boolean NOT NULL DEFAULT false,
  hangs_on_device_id bigint REFERENCES device (id), hangs_on_link_id bigint,
  parent_device_id bigint REFERENCES device (id) ON DELETE SET NULL, parent_link_id bigint,
  sys_name varchar(255) NOT NULL DEFAULT '', sys_descr text NOT NULL DEFAULT '',
  sys_object_id varchar(120) NOT NULL DEFAULT '', discovered_at timestamptz,
  note text NOT NULL DEFAULT '', version int NOT NULL DEFAULT 1, created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT device_ports_valid CHECK (snmp_port BETWEEN 1 AND 65535 AND cli_port BETWEEN 1 AND 65535),
  CONSTRAINT device_hangs_on_one CHECK (num_nonnulls(hangs_on_device_id, hangs_on_link_id) <= 1),
  CONSTRAINT device_hangs_on_another CHECK (hangs_on_device_id <> id AND parent_device_id <> id)
);
CREATE INDEX device_site ON device (site_id);
CREATE INDEX device_parent ON device (parent_device_id);
CREATE INDEX device_management ON device (management);
CREATE INDEX device_of_model ON device (model_id);

CREATE TABLE device_interface (
  id bigserial PRIMARY KEY, device_id bigint NOT NULL REFERENCES device (id) ON DELETE CASCADE,
  if_index bigint, name varchar(120) NOT NULL, alias varchar(255) NOT NULL DEFAULT '', kind int NOT NULL DEFAULT 0,
  speed_bps bigint, mac varchar(17) NOT NULL DEFAULT '',
  admin text NOT NULL DEFAULT 'unknown' CONSTRAINT device_interface_admin_known CHECK
    (admin IN ('up', 'down', 'testing', 'unknown')),
  oper text NOT NULL DEFAULT 'unknown' CONSTRAINT device_interface_oper_known CHECK
    (oper IN ('up', 'down', 'testing', 'unknown', 'dormant', 'absent', 'lower-down')),
  first_seen_at timestamptz NOT NULL DEFAULT now(), last_seen_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz, gone_at timestamptz
);
CREATE UNIQUE INDEX device_interface_index ON device_interface (device_id, if_index)
  WHERE gone_at IS NULL AND if_index IS NOT NULL;
CREATE INDEX device_interface_name ON device_interface (device_id, name);

CREATE TABLE interface_change (
  id bigserial PRIMARY KEY, interface_id bigint NOT NULL REFERENCES device_interface (id) ON DELETE CASCADE,
  at timestamptz NOT NULL, what text NOT NULL CONSTRAINT interface_change_known CHECK
    (what IN ('new', 'changed', 'gone', 'back')),
  before jsonb NOT NULL DEFAULT '{}', after jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX interface_change_of ON interface_change (interface_id, at DESC);
CREATE INDEX interface_change_age ON interface_change (at);

CREATE TABLE network_link (
  id bigserial PRIMARY KEY, name varchar(80) NOT NULL DEFAULT '',
  medium text NOT NULL CONSTRAINT network_link_medium_known CHECK
    (medium IN ('fibre', 'radio', 'copper', 'virtual', 'leased')),
  capacity_bps bigint CONSTRAINT network_link_capacity CHECK (capacity_bps > 0),
  a_device_id bigint NOT NULL REFERENCES device (id) ON DELETE CASCADE,
  a_interface_id bigint REFERENCES device_interface (id) ON DELETE SET NULL,
  b_device_id bigint NOT NULL REFERENCES device (id) ON DELETE CASCADE,
  b_interface_id bigint REFERENCES device_interface (id) ON DELETE SET NULL,
  found_by text NOT NULL DEFAULT 'person' CONSTRAINT network_link_found_by CHECK (found_by IN ('person', 'lldp')),
  seen_at timestamptz, note text NOT NULL DEFAULT '', version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(), CONSTRAINT network_link_two_ends CHECK (a_device_id <> b_device_id)
);
CREATE INDEX network_link_a ON network_link (a_device_id);
CREATE INDEX network_link_b ON network_link (b_device_id);
ALTER TABLE device ADD CONSTRAINT device_hangs_on_link_id_fkey FOREIGN KEY (hangs_on_link_id)
  REFERENCES network_link (id), ADD CONSTRAINT device_parent_link_id_fkey FOREIGN KEY (parent_link_id)
  REFERENCES network_link (id) ON DELETE SET NULL;

-- Which device is reached from which, over which link: both ways, but to one of which somebody said what it hangs on
-- from that alone.
CREATE VIEW device_edge AS
  SELECT l.a_device_id AS near, l.b_device_id AS far, l.id AS link_id FROM network_link l
    JOIN device d ON d.id = l.b_device_id WHERE num_nonnulls(d.hangs_on_device_id, d.hangs_on_link_id) = 0
  UNION ALL SELECT l.b_device_id, l.a_device_id, l.id FROM network_link l
    JOIN device d ON d.id = l.a_device_id WHERE num_nonnulls(d.hangs_on_device_id, d.hangs_on_link_id) = 0
  UNION ALL SELECT d.hangs_on_device_id, d.id, NULL FROM device d WHERE d.hangs_on_device_id IS NOT NULL
  UNION ALL SELECT CASE WHEN l.a_device_id = d.id THEN l.b_device_id ELSE l.a_device_id END, d.id, l.id FROM device d
    JOIN network_link l ON l.id = d.hangs_on_link_id;

-- sort_key: numbers padded, so that 0/3/7 stands before 0/3/10
CREATE TABLE pon_port (
  id bigserial PRIMARY KEY, device_id bigint NOT NULL REFERENCES device (id), name varchar(40) NOT NULL,
  sort_key text COLLATE "C" NOT NULL, interface_id bigint REFERENCES device_interface (id) ON DELETE SET NULL,
  capacity int NOT NULL DEFAULT 64 CONSTRAINT pon_port_capacity CHECK (capacity BETWEEN 1 AND 256),
  note text NOT NULL DEFAULT '', version int NOT NULL DEFAULT 1,
  CONSTRAINT pon_port_name_key UNIQUE (device_id, name)
);
-- parent: the box whose output feeds this one, of the same PON.
CREATE TABLE splitter_box (
  id bigserial PRIMARY KEY, name varchar(60) COLLATE "C" NOT NULL CONSTRAINT splitter_box_name_key UNIQUE,
  pon_id bigint NOT NULL REFERENCES pon_port (id), parent_id bigint REFERENCES splitter_box (id),
  site_id bigint REFERENCES site (id), ports int NOT NULL CONSTRAINT splitter_box_ports CHECK (ports BETWEEN 1 AND 128),
  address varchar(200) NOT NULL DEFAULT '', latitude_e6 int, longitude_e6 int,
  note text NOT NULL DEFAULT '', version int NOT NULL DEFAULT 1, created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT splitter_box_not_its_own_parent CHECK (parent_id <> id),
  CONSTRAINT splitter_box_on_earth CHECK ((latitude_e6 IS NULL) = (longitude_e6 IS NULL)
    AND latitude_e6 BETWEEN -90000000 AND 90000000 AND longitude_e6 BETWEEN -180000000 AND 180000000)
);
CREATE INDEX splitter_box_pon ON splitter_box (pon_id);
CREATE INDEX splitter_box_parent ON splitter_box (parent_id);
CREATE INDEX splitter_box_site ON splitter_box (site_id);

CREATE TABLE onu (
  id bigserial PRIMARY KEY, serial varchar(24) COLLATE "C" NOT NULL CONSTRAINT onu_serial_key UNIQUE,
  pon_id bigint REFERENCES pon_port (id), number int CONSTRAINT onu_number CHECK (number BETWEEN 0 AND 1023),
  box_id bigint REFERENCES splitter_box (id), box_port int, model varchar(60) NOT NULL DEFAULT '',
  state text NOT NULL DEFAULT 'unknown' CONSTRAINT onu_state_known CHECK
    (state IN ('online', 'offline', 'los', 'dying-gasp', 'unknown')),
  state_at timestamptz, seen_at timestamptz, note text NOT NULL DEFAULT '', version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT onu_port_of_a_box CHECK (box_port IS NULL OR box_id IS NOT NULL),
  CONSTRAINT onu_box_port_valid CHECK (box_port BETWEEN 1 AND 128)
);
CREATE INDEX onu_pon ON onu (pon_id, number);
CREATE UNIQUE INDEX onu_box_port ON onu (box_id, box_port);

CREATE TABLE maintenance_window (
  id bigserial PRIMARY KEY, site_id bigint REFERENCES site (id) ON DELETE CASCADE,
  device_id bigint REFERENCES device (id) ON DELETE CASCADE, pon_id bigint REFERENCES pon_port (id) ON DELETE CASCADE,
  starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL,
  note varchar(400) NOT NULL, made_by varchar(80) NOT NULL,
  cancelled_at timestamptz, version int NOT NULL DEFAULT 1, created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT maintenance_window_of_one CHECK (num_nonnulls(site_id, device_id, pon_id) = 1),
  CONSTRAINT maintenance_window_ends_later CHECK (ends_at > starts_at)
);
CREATE INDEX maintenance_window_time ON maintenance_window (ends_at DESC, id DESC);

-- Where a login's line ends in the network (`oss.access.drops`): at an ONU, or at a device itself (radio, switch port).
CREATE TABLE account_drop (
  account_id bigint PRIMARY KEY REFERENCES access_account (id) ON DELETE CASCADE,
  onu_id bigint REFERENCES onu (id), device_id bigint REFERENCES device (id),
  interface_id bigint REFERENCES device_interface (id) ON DELETE SET NULL, since_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT account_drop_ends_once CHECK (num_nonnulls(onu_id, device_id) = 1),
  CONSTRAINT account_drop_interface_of_a_device CHECK (interface_id IS NULL OR device_id IS NOT NULL)
);
CREATE INDEX account_drop_onu ON account_drop (onu_id) WHERE onu_id IS NOT NULL;
CREATE INDEX account_drop_device ON account_drop (device_id) WHERE device_id IS NOT NULL;

-- The device that a NAS is: it may be none of ours, or not be drawn yet.
ALTER TABLE nas ADD COLUMN device_id bigint REFERENCES device (id) ON DELETE SET NULL;
CREATE INDEX nas_device ON nas (device_id) WHERE device_id IS NOT NULL;

-- Who sees and changes routers sees and changes the network; technicians tie ONUs.
INSERT INTO role_grant (role, permission, scope)
  SELECT role, 'network.read', 'all' FROM role_grant WHERE permission = 'nas.read'
  UNION ALL SELECT role, 'network.write', 'all' FROM role_grant WHERE permission = 'nas.write'
  UNION ALL SELECT role, 'network.export', 'all' FROM role_grant WHERE permission = 'nas.write'
  UNION ALL SELECT role, 'plant.write', 'all' FROM role_grant WHERE permission = 'nas.write'
  UNION ALL SELECT key, 'plant.write', 'all' FROM role WHERE key = 'technician'
  ON CONFLICT DO NOTHING;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    rows = ",\n  ".join(_model(line) for line in MODELS.strip().splitlines())
    catalogue = f"INSERT INTO device_model (maker, name, role, pon_ports, sys_object_id) VALUES\n  {rows};"
    return TABLES + catalogue + "".join(_counting(table, names) for table, names in VERSIONED.items())


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DELETE FROM role_grant WHERE permission IN ('network.read', 'network.write', 'network.export', 'plant.write');
DROP INDEX nas_device;
ALTER TABLE nas DROP device_id;
DROP VIEW device_edge;
DROP TABLE account_drop, maintenance_window, onu, splitter_box, pon_port, interface_change;
ALTER TABLE device DROP CONSTRAINT device_hangs_on_link_id_fkey, DROP CONSTRAINT device_parent_link_id_fkey;
DROP TABLE network_link, device_interface, device, device_model, site;"""


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
