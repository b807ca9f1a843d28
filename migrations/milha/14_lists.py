"""Lists as people keep them: saved views, chosen columns; files of lists, in pieces; indexes for their orders."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
CREATE TABLE saved_view (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES staff_user(id) ON DELETE CASCADE,
  list varchar(32) NOT NULL,
  name varchar(60) NOT NULL CONSTRAINT saved_view_named CHECK (name <> ''),
  query varchar(2000) NOT NULL DEFAULT '',
  place int NOT NULL DEFAULT 0,
  shared boolean NOT NULL DEFAULT false,
  opens boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
);
CREATE INDEX saved_view_of_user ON saved_view (user_id, list, place, id) WHERE deleted_at IS NULL;
CREATE INDEX saved_view_shared ON saved_view (list, place, id) WHERE shared AND deleted_at IS NULL;
CREATE UNIQUE INDEX saved_view_opens ON saved_view (user_id, list) WHERE opens AND deleted_at IS NULL;
CREATE TABLE table_choice (
  user_id bigint NOT NULL REFERENCES staff_user(id) ON DELETE CASCADE,
  list varchar(32) NOT NULL,
  columns text[] NOT NULL DEFAULT '{}',
  density varchar(12) CONSTRAINT table_choice_density_known CHECK (density IN ('comfortable', 'compact')),
  PRIMARY KEY (user_id, list)
);
CREATE TABLE list_export (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id bigint NOT NULL REFERENCES staff_user(id) ON DELETE CASCADE,
  list varchar(32) NOT NULL,
  query varchar(2000) NOT NULL DEFAULT '',
  keys text[],
  columns text[] NOT NULL,
  format varchar(4) NOT NULL CONSTRAINT list_export_format_known CHECK (format IN ('csv', 'xlsx')),
  language varchar(5) NOT NULL,
  -- what its asker might see when it was asked for: which customers (cities: what "city" meant), personal data whole
  scope text NOT NULL CONSTRAINT list_export_scope_known CHECK (scope IN ('all', 'city', 'own', 'both', 'none')),
  cities text[] NOT NULL DEFAULT '{}',
  clear boolean NOT NULL DEFAULT false,
  state varchar(10) NOT NULL DEFAULT 'waiting' CONSTRAINT list_export_state_known
    CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
  done int NOT NULL DEFAULT 0,
  total int NOT NULL,
  octets bigint NOT NULL DEFAULT 0,
  error varchar(240),
  attempts int NOT NULL DEFAULT 0,
  told boolean NOT NULL DEFAULT false,
  leased_until timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz
);
CREATE INDEX list_export_of_user ON list_export (user_id, created_at DESC);
CREATE INDEX list_export_waiting ON list_export (created_at) WHERE state = 'waiting' OR state = 'running';
CREATE TABLE list_export_piece (
  export_id uuid NOT NULL REFERENCES list_export(id) ON DELETE CASCADE,
  place int NOT NULL,
  data bytea NOT NULL,
  PRIMARY KEY (export_id, place)
);
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX customer_trigrams ON customer USING gin (search_key gin_trgm_ops);
CREATE INDEX access_account_trigrams ON access_account USING gin (login gin_trgm_ops);
CREATE INDEX customer_city_order ON customer ((city COLLATE "C"), id);
CREATE INDEX invoice_due_order ON invoice (due_on, id);
CREATE INDEX invoice_number_order ON invoice (number, id);
CREATE INDEX invoice_amount_order ON invoice (amount_cents, id);
CREATE INDEX invoice_paid_order ON invoice (paid_at, id) WHERE paid_at IS NOT NULL;
CREATE INDEX invoice_void ON invoice (due_on, id) WHERE status = 'void';
CREATE INDEX invoice_owed ON invoice (customer_id) INCLUDE (due_on, amount_cents, paid_cents) WHERE status = 'open';
CREATE INDEX hold_placed_order ON hold (placed_at, id) WHERE lifted_at IS NULL;"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP INDEX customer_trigrams, access_account_trigrams, invoice_void, invoice_owed, hold_placed_order,
  customer_city_order, invoice_due_order, invoice_number_order, invoice_amount_order, invoice_paid_order;
DROP TABLE list_export_piece, list_export, table_choice, saved_view;"""


MODELS_STATE = (
    "eJztXVtz2ziW/isovcSuUry2fEk62doq2XFPeyaxU7Z7enaSKRkiIQlrEuAQpBXNbP774I"
    "CkxHtIWaIpBg/dsQgckPwOCJw7/t2zqTXDB3fE8yib9t6hf/cYton8I9XSRz3sOMvr8NvD"
    "Y0v1FLE+Y+G52PDk5Qm2BJGXTCIMlzoe5Qw6/zHDHsIMcYe42OMuMmaYTYlA8xm1CPoEoy"
    "PXZ0J2MpEHvWdYIMaRuh/iE0Q9gficHcANTW7IOwbPvumxfUb/6ZORx6fEmxFX3uHLP+Rl"
    "ykzyjYjop/M4mlBimQnwHskCRlANI2/hqIsXM+z+qrrCg49HBrd8m8W6Owtvxtmyv3wxuD"
    "olDF6HmDFQmW9ZIfzRpeBp5QXP9cnyMc3VBZNMsG8Ba4A6eITVtd5odH1zP7q7vB+Nehm2"
    "RRQxtMNLBmfAcso8oRCw8beRRdjUm8mfZyffg/usgAh6wQ3/Ory9+G14u3d2sg835HLeBP"
    "PpOmwZqKbvagjs4WAQhfsK6CdsyZfOQP3nu5vrfKiXBCmwTWp46P+RRYW3DujRhRXqq/nf"
    "AOwlMAMUMLItxD+tOLx7n4Z/SyN/8fHmXIHDhTd11ShqgHPFhhXsvmMCOCPsZbH/IFs8ap"
    "N8/JOUaSaEpAfRHzvIip5LsHnDrEX45ZWw5v7q0+Xd/fDT5wR/PgzvL6FloK4uUlf3zlI8"
    "Ww6C/ri6/w3BT/T3m+vLNBuX/e7/3oNnwr7HR4zPR9iMYxRdjp4elrjJY+zbgwtjbDzOsW"
    "uOMi18wIv6ZpvsgZ2+ghmeKp4BuPCYwTY0dOg9fyQsZ4daNpVtUdihch2Pev1wkxqiMcEu"
    "cZGieY+4ZKfaGu5+G74enJ4hKtAjcbzsFlSL8hkbDDWzH945nV4xL/+zC/qnPjc5ZdMfWL"
    "hXtHd/mcIjvP5lMDg+fjM4PD57e3ry5s3p28O3sq963mzTm5JP8PzqT1fX98kvCi6U7zrq"
    "3xr7e9R/Mxv8Sy9wiS3+7WGFLf7tYeEWD03JvUV9OSMpmM3qQJyk0pJUgSS1gtnlVq05HP"
    "Xv4Bw+HlQA93hQCC40JcE1pBCwnnyUpNTyUVvko/DTj4lHCrUE18k3h8rR1uB6knIDXA8f"
    "ty1M3xEm5wjBWS5bWHgjX6z1dadpNafbzGmXPEmpYh0+Jyk1l9vG5XZotRfcdjBb9LJKbd"
    "TSL9FpjVifH2q0N4wgi0yxhQjzqLdAexfXn/+8jygT1CRIqp/IcfmT/Nt9jySz1XCiL9uf"
    "ODVIYDEVxKXyzzGxOJtKDVdqtySrAm/3Vlpn1jrzDgq9CX3jaFBFaZa9CjUO1ZZUOdQnN6"
    "qLcpKqi1ifVcL6rATrswzWBnP+rw7KUf/OmSWOqpgljorNEkcZs8S/5EJfB9qofwen7uZt"
    "PtosUQx9t8wS7RBwfxdKQktLt+pymWgrPDyZgJ7sVvXX2MQeExc8+Ir2AD08OFiIOZdvAE"
    "bhhwfwvGB3ytmAmu9lM9gz5VV4MtkgBU5PSqCIC3EQjADtIs/Bs81bael2R6Vbi08pqyV4"
    "RQSdkwk2v21p1WG7qkNi+aoDdIawg4gPDqsgLnsVIq7atPOtMeebhdnUl/JIreU4RtMcyD"
    "3He31+22sE57dV/PTFbvqMl35G6i3KS4IG4RUL4RF7J/E1CRPUqxVFGiNpEGOD2xPuBqJ7"
    "M1vgWSWDTok9J4211C3oU85kPudy2cUsH+0VUQrssaTaFtqRVNesS+f85uZjQtc9v0oJyN"
    "e/fzq/lKgr0GUn6iXkZm2B+PksEBmXudJ41vWZx4m1O1W7U/OsTX+Q8R0RIsA+bXOKNfZL"
    "LE9zMh6JWL8KpifgpdwnUEj2PvRwUhu7C/RIFmANgktRBDCfqJ8G54+UvBKImuAnla/o5l"
    "mbNjz6MwxMgtZXEOM02tBRYOgotipBQxbu4uSWqL/ObXlGbosWUX5GEaVFsZsVuN7korcj"
    "TK4U0QcupVFdT0mM6MfukvYLm805TDJiYZIRWS78yl1Cp+wvZKE4cSWfGzMjT8lOOhJ3iw"
    "HfowkWXV09oovnS8krPu/km5vEIoFWfTG8uxh+uOx9f5mgRV943M716y6byiRsI96pgnjt"
    "EFdwhiCbOwh4DBK3x/5CgOtVEOwas5GUhAO/q41NgsYL5Au05zNsGFL8JWYfWXxO5BBYkP"
    "13UpiWEnL4HOLAWeQJ3o3dV/t8W7yElUnn2i253Sg7+RC+TViOQFZiA4/RrIVzy/aKbYfb"
    "ERtTqw7AS4IOoruNSezMagY0Lgm6B3Cl2IWS0IVs5IK8FyG1FogVRffw3U6sc00vpPEcF2"
    "Sr4d18qrtUb7xai8OSoHvoVgkDKY4CyQSBrOTzLL735FuBgJyk6oSgVma+ufzbfbn5dGm9"
    "+Xhz/aeoe9qmqs2nP6f5tB1ev4swg7CXl0UZNvVL0yhjnaq4+0L9/ZVAWAJIQNtAYChgBD"
    "kWZso4IJdpXzw8vENBlAhYEYicc+Z7NOPynZDACzSfKX0fUQ/sB9whORXttn+7H1sfvixN"
    "NmCMko1fenDj5Y/QPKJ+a0tFKy0VwQSpK2gEFA2Gkq1CqnYxisyUn5GJc8SNOxtbVuFMj5"
    "Gt5V1YC+qjw+3O9+PBm7PlDIcfZXP67tPw48dsqJicgi6IAzwnrwIEicKJG6MqEyJ2UIAo"
    "ARGEgLRtB7aAmvDFaZ4JXsu0jXrYaSn2Z5FiE1xfiTK1pJUkXXPLeEcElxgDYpJmPQ4kCT"
    "UL1mZBJNvXgj9GpKHfVIxErMDP88IkYtWEdowPVUMlkgtwIlriVm4Kt1cX973chWYD4MZG"
    "6iq6ycW1ArywHjwf2s/hKB2FNbZoFkD6IgY1hXrWmBYxo9CQFvG84hkQVCDBLfMA3UrOCi"
    "iI8Dim3n8JNHG5HcSwr0xfT5TM3yGTzxnQzYE+3gO5xCD0Ka9ew5bvpYN3Wry39ktMYi8b"
    "vNOiLIbNezXh0xk9jp0cg2OxFSxO0yURcnB08ubk7fHZyXJ2L6+UTeqsXO47dTGNUWhEcx"
    "B1iekbxBytM19zaZu03w5Odgzl+vM3h7I5hE+PBjsCsBPmm1cOMAv7dy+EZAuHJBDHylHA"
    "izPwlgTNp+D1/nviMwMQRGOfWh5l4gDu9z/bcqg1nZg3lm8fnjNXda7HSBr0Y/LJpBkn5o"
    "ZrjoRoQfhTLWdxmq5BqG1sNAP15ssUOS41yAjyRHLALjW2Jgm7JNs1bOvWhV904ZcWzP1u"
    "OVTbERY4NAwihPw/91lebGCyvV92dqDqOcKxrhXCBFXBGgjUA9shI96cu4/vw/MMBBxogJ"
    "dnHxyge6jpEdZSVMZKgi1ivpN95ObxORyLEWIKFb7HkOQkzi0X0sRtv7KvLFbz9lF+NhB7"
    "OI8srWqUflCoZDm6J4g1gcBEDGfuzoKzdtHewwOUwQ0gPoh6i4eH/fAusAeHpU/kVWTjhX"
    "wZFb2IMMRBGuQAwYETNncJ3NwKausG5/vKjpZkjBcEQ8LN5jPCRhM5UaAcL5nLtv0+PJRL"
    "JnAqz1cWnBQMBzZeD+8gblIEaZ9qsCB+UiBsQZDlnknYYh/iL5XQr8IvPcmKsQ825vAs4W"
    "CavYZ/HE8++oKHTwbW8lei/5Vhgb7A1OwjdTTtPyRm1BXh6wfYytc21CsZ1DV86r1TIwTs"
    "Ccu/WJSRCOQ9jD4NLwIGeOSbB8+CGbpRsxO9HchXhkdb8gYjVw7ObYgp/crU6zI+5uYCPc"
    "rvWmW7juXUD5lMAGhPccLgNlEm9D5kvgaWcmJZIuBsjLGhgCgO/nL5v3cP8v6CSs7BC6qB"
    "5dL+8ACFksN+8o3hbZe/lWApL17LB3wXQ696AGs45XWM6kvLXrqCcpXY1EEVxU72Kinym1"
    "Hulut1sD5nkS7Oiskh1akxa6TGJLbMWia7NGGT9T1hz99JcwZh8OJ5i3qZehej0vpddf0u"
    "LqhlES8PgU/TNuhH2e6Wuokw+KXIWmfBSBA1uFgEMvVOrhba1N8iU3/dDfIF9sVoT97Jyf"
    "4CrpRWew675EhpNdCbd6MoC0KddXtJ0I51G27bmXU7MufUtfHH6XR57zZX0NR+nOKVrlt+"
    "nGRi3MqAmmF7eWZcglD7qjeXHLQqW/Hc7KDVSDvGierpQYlZ2KZsi994ygsRu9wv8UrOog"
    "4Vsi0WMa8fOIwY9wIX2h5lT9ilmHlosH+Ahh6y5bqhaov4zKITORFUBREohroaAXwzcqkT"
    "PKdgyTZvFrjEyGRCDA98UUF8aB/NsWWpOq2+B74qG4tHiBplHrWUUw6Om7epIOD+dPACza"
    "hESLmR1O1UR/hZoyCK9ie1Yn3sl/iTgklTR/taUXTCu5Eqr1YlNnZQHBs7yMTG8jnLy58s"
    "xndJoOGtAG+wztXBd0XRQYA3X69Hbkz1MsD4M0ovrmcuaMa2ODipVJf1pKQw60kmCWwit8"
    "cc21exWWZJoM0yGzfLxEWiump7mlabZ9psnnEsDClT41olexNEHdw7Np/iGiJW3wiWINQ2"
    "sLZ8W5UOsVQqas1PK0HUPXfO5r+sELA1jgmNE+pNqs2blLYma2tyCzmxCWvyy57NdY2DeZ"
    "C0JcPVfokpmYXtFbJaXO57xAVj683H+yAzQqoHAk69Gi/Q7fDD1e93YIMNM0+Co7EwQ3Jx"
    "kOuHAELHJRP6De1dXH243YfzsdgUUjRs7BkzNAfVK2NUbui+YF++I09yyloqvUHIXZ0gHK"
    "XRQO4DQwTL7iovBLMgIUTeFYvR6pxdefO9V68gVYLDYEFnBmbu8GxeRSYgwwVSR+TUF54Y"
    "OcQdiVUaTZBgIQgzwzsSOevMPjpEE/kujEt92KZekcH6Sy98ZmhPPl1gr9b1idqwIPdLzN"
    "e6PtHWijrEvo3K6K5IOqgfnxxXgPjkuBBiaEpBnFxzas3jNGXn7K2bn9FPcp/gtWBeUTRZ"
    "rIE+utyjj83AvPlQQ7kJu8RbI4EqQ9iJRaTp9Ckm8R2tzYN86i6YZF6SD/XtNFlqbaxps7"
    "FG8WtGQDVdk9lxYs3rNvPaxiOHW9SoZeJOEDV5WpB8k2Ykic3HHgg6ZWKkqiDU/aRSpPqD"
    "avMHZXA8mnFRK4wnTtMF8SSla55W0TVPi3XN08wBtRwWIDcH4xI/woqkOSfC8ZtfftkWxh"
    "uuKQoArZc+n6LUKfTVU+jl3YhL7VGdGrkJmgan8uGWD5DbYPnhuIG9BrJZwibLOx/uDMC6"
    "hqKuodgCIaNbcUftqKH4wWdMgn7r550HE2vslziXzaDbyPXrHA4D3lKL80cUld57Iq7pE2"
    "TMMJtCcUHuojn3LTO8EvhmoaeNhXht+B4au/iRIOFxxyFQf7DgaJht3UkfDLOjjtfoANn6"
    "i2ySUi+ybV9kU4cN18sGWRJ0wpWzbXtXEPZcQ/peETQnde+KxD3nrpCvXwfOOIkGNA1oED"
    "pcA84VgQYzDabHfWMmd0EVPZfF9FeL4wJUM5QpcCdAujV4D7YFcAl6H25+P/94iT7fXl5c"
    "3V2FiV/LbVE1JnXC28vhx/Rpa8SgZu28hCRV98zMWzjVLkSsvlyYpNQOm7Y5bFqlbN95xO"
    "kVatuqtV9B3RZRxx/q21A9Xyrn0yg6ORwBWRI14r5DDw8mXjw8IFPFPE8gDDvoJv+TUxSZ"
    "XHbBKnsWIp8Z9ygU5YgX5+hDaY79rALe7K1z46STB0fLGynQ1JA6Uno3FPaQaRVFt7B3l1"
    "KHNmrKr1cyZUWh1eAKarD2lTTnK0ks7HVSDON0XVomXjrDUOGaoxDWTjBcDrRjfKieXxif"
    "gi1KL7xiT1xKWDniadRSJprSWJ8KqYYmGQcnF0kJTnjcJi4k+IHZ1Vd5clBTrg+HJZngop"
    "FDm++XzhsqgpJzc+rNQIqUYp8SESmLTqXKcQc1c8sKUqggLiUq4oD59jgnZS9VgK6P5IXw"
    "gXVFuvYKqiu+VnYyLCkajKs96jUiXW245Hr4qdSa3isavc/XnOUx146co1zuQS638w1jBQ"
    "6eJFmZVWwHWVFm8x3eX+ZDGISz1wQwIPqp4aNC+ERKNjmaazF8CaKfGr5AVKmD3YripwYO"
    "23Ag7DoneKcp9faz/vYjpfG1DlFP0HXGjdsw+oFuVEukXVI0KNKCZraTUq2apWtUGVyRaX"
    "dj29yNiSLP3+AkY1zX7J4i61yFjK1UJNbR88XodzewU/sBXlhE0MUeX54FMeNwPRYkCTUL"
    "tDesTd6w1dFNebN9A+DGRuoquskvvAq8ulRsJw4e+4wXNlEPnnbmRi39EmeuE+vzQ2fuJ8"
    "7IArnEIPSJmKqCKWYo9Ae/R9QTyOVzdViYqpga5t5lXbTPGajKuV7hSNqr2rKdtF/iVdVW"
    "2BZImLb8pnitE9tXFDpysELkoEsmxCW55aLKDrSLEXUvx+NoUMVKJHsV4zzIWImizWUNM1"
    "GKtIN2oh2xC1UyvbpkSoUnv4+6qVMZwg4uYJtPn9LW12LotfU1w3NtfdWmv46wIKZU1uJA"
    "kk4zQNte2297jcX4Pw/bWEJBR7FNft7arv0Sdu0XMbwOiUuNWS9rdw0b+iVmV7zq8iOraz"
    "GkGy5N9rPYOZ+ZZltswXwirqgZABQj6aD2OTitUiRa9ioO/znNlImGb6oGwmH3DqJ7dFjJ"
    "bHZYYjY7zKr3nHmhPyiJcPGB7zGS5o98fxkj2cYOd3/RkiXf/wOsbLyt"
)
