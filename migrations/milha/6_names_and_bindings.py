"""Names and lines: logins that are a MAC or a circuit, and logins bound to the line they came from first."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        ALTER TABLE "plan" ADD "binding" VARCHAR(8) NOT NULL DEFAULT 'off';
        ALTER TABLE "plan" ADD "binding_keys" VARCHAR(32) NOT NULL DEFAULT 'mac';
        ALTER TABLE "access_account" ADD "kind" VARCHAR(8) NOT NULL DEFAULT 'password';
        ALTER TABLE "access_account" ADD "binding" VARCHAR(8);
        ALTER TABLE "access_account" ADD "binding_keys" VARCHAR(32);
        ALTER TABLE "access_account" ADD "bound" JSONB NOT NULL DEFAULT '{}';
        ALTER TABLE "access_account" ADD "bound_at" TIMESTAMPTZ;

-- ---------------------------------------------------------------- by hand
ALTER TABLE plan ADD CONSTRAINT plan_binding_known CHECK (binding IN ('off', 'learn', 'fixed'));
ALTER TABLE plan ADD CONSTRAINT plan_binding_keys_known
  CHECK (binding_keys ~ '^(mac|nas|port|vlan|circuit)( (mac|nas|port|vlan|circuit))*$');
ALTER TABLE access_account ADD CONSTRAINT access_account_kind_known CHECK (kind IN ('password', 'mac', 'circuit'));
ALTER TABLE access_account ADD CONSTRAINT access_account_binding_known CHECK (binding IN ('off', 'learn', 'fixed'));
ALTER TABLE access_account ADD CONSTRAINT access_account_binding_keys_known
  CHECK (binding_keys ~ '^(mac|nas|port|vlan|circuit)( (mac|nas|port|vlan|circuit))*$');
ALTER TABLE access_account ADD CONSTRAINT access_account_bound_is_object CHECK (jsonb_typeof(bound) = 'object');

-- User-Name as the router says it, where it is not the login: a CoA after a restart must name the session as it does
ALTER TABLE session_open ADD user_name text;

-- A login is looked for as it is composed (NFC); one kept otherwise would not be found any more.
UPDATE access_account a SET login = normalize(a.login, NFC)
  WHERE a.login IS NOT NFC NORMALIZED
    AND NOT EXISTS (SELECT FROM access_account b WHERE b.login = normalize(a.login, NFC));"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        ALTER TABLE session_open DROP COLUMN user_name;
        ALTER TABLE "access_account" DROP COLUMN "bound_at";
        ALTER TABLE "access_account" DROP COLUMN "bound";
        ALTER TABLE "access_account" DROP COLUMN "binding_keys";
        ALTER TABLE "access_account" DROP COLUMN "binding";
        ALTER TABLE "access_account" DROP COLUMN "kind";
        ALTER TABLE "plan" DROP COLUMN "binding_keys";
        ALTER TABLE "plan" DROP COLUMN "binding";"""


MODELS_STATE = (
    "eJztXW1z27gR/isYfTlnRnFt+SW5pNMZ2fH1fE3sjO3rXZt0JIiEJFQkwBKkFfWa/14sSI"
    "mk+BJSlmiKwYe7WAQWJB+AwO6zi8UfHZtaU3x4TzyPsknnDfqjw7BN5B9rJV3UwY6zug6/"
    "PTyyVE0RqzMSnosNT14eY0sQeckkwnCp41HOoPJvU+whzBB3iIs97iJjitmECDSfUougD9"
    "A6cn0mZCUTeVB7igViHKn7IT5G1BOIz9kh3NDkhrxj8Ozbbttn9D8+GXh8QrwpceUdPv1L"
    "XqbMJF+IWP50ZoMxJZaZAG9GFtCCKhh4C0ddvJxi9ydVFR58NDC45dssVt1ZeFPOVvXli8"
    "HVCWHwOsSMgcp8ywrhX14KnlZe8FyfrB7TjC6YZIx9C7oGpINHiK51BoOb24fB/dXDYNBJ"
    "ddtSIoZ2eMngDLqcMk8oBGz8ZWARNvGm8uf56dfgPhEQQS244d/7d5c/9+8Ozk9fwA25HD"
    "fBeLoJS3qq6KtqAns4aEThHgH9iC350imof7m/vcmGeiWwBrZJDQ/9D1lUeJuAvrwQoR6N"
    "/xpgL4AZoICWbSH+Y8XhPfjQ/30d+cv3txcKHC68iataUQ1cqG6IYPcdE8AZYC+N/TtZ4l"
    "GbZOOflFzvhFD0cPnHHnZFxyXYvGXWIvzyCrrm4frD1f1D/8PHRP+86z9cQUlPXV2sXT04"
    "X+uzVSPot+uHnxH8RP+8vbla78ZVvYd/duCZsO/xAePzATbjGC0vL58eprjxLPbtwYURNm"
    "Zz7JqDVAnv8by66SK7Z69fwQxPVJ8BuPCYwTLUd+gDnxGWsUKtioqWKOxQOY8va31zkeqj"
    "EcEucZGSeYu47E61NNz/3H/ZOztHVKAZcbz0ElRJ8gkLDDXTH94FnVwzL/uzC+qvfW5yyK"
    "5/YOFa0dz1ZQKP8PLHXu/k5FXv6OT89dnpq1dnr49ey7rqedNFrwo+wYvrv17fPCS/KLhQ"
    "vOqofyus78v621ngn3uCSyzxr49KLPGvj3KXeChKri3qyxlIxWxaBeKklNakcjSpCGaXW5"
    "XG8LJ+C8fwSa8EuCe9XHChKAmuIZWAzfSjpKTWj5qiH4Wffkw9Uqglep18cahsbYNeT0pu"
    "odfDx21Kp+9JJ2coweletrDwBr7Y6Otel9U93eSedsmj1Co26eekpO7lpvVyM6zaS247mC"
    "06aaN2WdItsGmNWJ1vWrS3jCCLTLCFCPOot0AHlzcff3mBKBPUJEian8hx+aP8232LZGer"
    "5kRXlj9yapCAMRXEpfLPEbE4m0gLV1q3JG0C7/ZW2mbWNvMeKr0Je+O4V8ZolrVyLQ5Vlj"
    "Q51Cc3qIpyUqqNWJ+Xwvq8AOvzFNYGc/5dBeVl/dbREsdlaInjfFriOEVL/FdO9FWgXdZv"
    "4dDdPuejaYl86NtFSzRDwf1VKA1tXbtVl4tUW+Hh8RjsZLesv8Ym9oi44MFXsodoOHSwEH"
    "Mu3wBI4eEQPC/YnXDWo+ZbWQx8prwKTyYLpMLpSQ0UcSEOgxagXGQ5eHZ5K63d7ql2a/EJ"
    "ZZUUr6VA63SC7S9b2nTYremQmL6qAJ0SbCHivaMyiMtauYirMu18q835ZmE28aU+Umk6js"
    "nUB3LH8V5e3HVqwfl1GT99vps+5aWfkmqT8kqgRnjFQnjE3kt8TcIE9SpFkcZEasTY4PaY"
    "u4HqXs8SeF6K0Cngc9axlrYFfcwYzBdcTruYZaMdCa2BPZJSu0J7qdXV69K5uL19n7B1L6"
    "7XFOSbXz9cXEnUFeiyEvUSerNmIL4/BiLlMlcWz6Y+87iwdqdqd2oW2/QbGd0TIQLs1zmn"
    "WGG3gHmak9FAxOqVoJ6gL+U6gUKxt6GHk9rYXaAZWQAbBJeWEcB8rH4anM8o+UEgaoKfVL"
    "6im8U2bbn1JxBMglY3EOMymujIITryWSUoSMOdv7llWV/vbXnC3hatonyPKkqDYjdL9Hqd"
    "k96edHKpiD5wKQ2qekpiQt92lzRf2azPYZJSC5Mdke6Fn7hL6IT9jSxUT1zL58bMyDKyk4"
    "7E/eqAr8sBtrwaPaKL5yvNKz7u5JubxCKBVX3Zv7/sv7vqfH2eoEVfeNzO9Ouuioo0bCNe"
    "qYR67RBXcIZgN3cQ8Bhs3B75CwGuV0Gwa0wHUhMO/K42NgkaLZAv0IHPsGFI9ZeYXWTxOZ"
    "FNYEFevJHKtNSQw+cQh84iS/Gu7b7a59vgKaxIO9duyd1G2cmH8G3CMhSyAg48JrMRzg1b"
    "K3YdbkdsTK0qAK8EWojuLgaxM60Y0LgSaB/ApWIXCkIX0pEL8l6EVJogIon24bubWOeKXk"
    "jjKS7IRsO7/a3u0rzxKk0OK4H2oVsmDCQ/CiQVBBLp52l8H8iXHAU5KdUKRa2Ivrn6/aGY"
    "Pl2xN+9vb/66rL7OqWr69PukT5vh9bsMdxB2snZRhkXdwm2UsUpl3H2h/f6DQFgCSMDaQE"
    "AUMIIcCzNFDshp2hfD4RsURIkAi0DkmDPfoimX74QEXqD5VNn7iHrAH3CHZGS02/3tvs0+"
    "fFpRNkBGycJPHbjx6kdIj6jfmqloJFMRDJCqikYgUWMoWRRStY9RZKb8jEycoW7c29iyck"
    "d6TGwj78JGUB8f7Xa8n/Rena9GOPwoGtP3H/rv36dDxeQQdEEd4Bn7KkCRyB24MakiJWIP"
    "FYgCEEEJWOd2YAmoCF9c5ongNczaqIad1mK/Fy020euRKlNJW0nK1TeNt0RxiXVATNOs1g"
    "NJQd0FG3fBUrevBH9MSEO/rRiJWIKfp4VJxLIJ7Vk/lA2VSE7AiWiJO7ko3F1fPnQyJ5ot"
    "gBtrqa3oJifXEvDCfPB0aD+GrbQU1tikmQPpsxBqCvU0mbbsjFwibdnnJc+AoAIJbpmH6E"
    "72rICECLMR9f4k0NjldhDDHlFfj5TM3yCTzxnIzUE+XgO5xCD0MStfw47vpYN3Gry2dgso"
    "secN3mnQLobtezXh0xnMRk4G4ZjPgsVl2qRC9o5PX52+Pjk/XY3u1ZWiQZ3Wy32nKqYxCY"
    "1oBqIuMX2DmINNxmumbJ38be90z1CuPn4zJOtD+Oy4tycAO+F+89IBZmH99oWQ7OCQBOJY"
    "GQZ4/g68lUD9W/A6fx77zAAE0cinlkeZOIT7/WVXDrW6N+aN5NuH58yVHesxkRr9mHw8rs"
    "eJueWcIyFaEP5UyVm8Llcj1DY26oF6+2mKHJcaZAD7RDLALiRbk4Jt0u1q5rp14hed+KUB"
    "Y79dDtVmhAX2DYMIIf/PfZYVG5gs7xadHahqDnCsaokwQZWwBgL1gDtkxJtzd/Y2PM9AwI"
    "EGeHX2wSF6gJweYS5FRVYSbBHzjawjF4+PYVuMEFOo8D2GZE/izHQhddz2M/vMhkNYHcOk"
    "JGI4RDZeyNuouEKEIULRIIcIjoKwuUugcSvIehucvCsrWhIyLwhTRAfD4XxK2GAsuxAS5Z"
    "K5LHvRhThGl4zhvJzPLDjDF45SvOnfQ0SjCDZkqsaCyEaBsAXhjwcmYYsXEBmp1HEVGOlJ"
    "kEY+sL/hKb/BAHgJ/ziefPQFD58MeOwfRPczwwJ9gkHTRerQ2H9JrKgrwtefyclCvbahXs"
    "mgruFT741qIQAuTMxiUaYem1hjdIDRh/5lV133yBcPngUzdKvGDXrdk68Mj7bqE4xc2Ti3"
    "IdrzM1Ovy/iImws0k1+c2oc6koPShDeUAALQnuoJg9tEkdtd2JMacNjEslQ/Hgwh83Awqg"
    "9D1U0c/u3qH/dDeX9BZc/BC6qG5aQ7HEIK47CefGN429VvpfLJizfyAd/E0CsfWhoORh09"
    "+txakc5tXCZqtFfG5JK1CtLvpsyuVRbdYP5NI52/XyVDVG9a2WDTCmEARNYsU2QJxKS0KV"
    "DeFIhrDmnEi6Ol12VrpNx3O8dvI2J6pUNVmawTQjUyN4GSt5c8mWaFG8QKgyJeZbwv69eZ"
    "5TtcpfdysD8D695oJ1ObOPdGA719xl2ZtFXm7ZVAM+ZtuG1r5u0lv1CVDo7L6UzQTU62qC"
    "n//JmuXZR/cg9VxOilur14E1VCULs1t7ePJMpw8NSNJFFLe9YT5XeSJEZhkwLzf+ZrtHjs"
    "crfAgTVdVigRmL+IOYjAg8G4F/h0Dih7xC7FzEO9F4eo7yFbzhsqDYXPLDqWA0Elm4C8mV"
    "EL4CyQU53gGbktdnmzwEdDxmNieOAcCUIJu2iOLUul9PQ9cJ7YWMwgwJB51FJeIjiZ3KaC"
    "gKfMwQs0pRIh5ddQt1MV4WeF3BnawdGI+bFb4OAIBk0V6yuSaAXdvpaJq0wYZS8/jLKXCq"
    "Pkc5a11S4f35WAhrcEvME8VwXfSKKFAG8/tYtcmKptFuJPyNK3GV1QD7fYOy2VwvO0IIfn"
    "aWq/0FgujxncVz4tsxLQtMzWaZm4SlTVbF+X1fRMk+kZx8Kwu2ZUKbtrQqiFa8f2d0OGiF"
    "UnwRKCmgNryrdV6rxDZaJW/LQSQu1z52z/ywoB2+BEybigXqSavEhpNlmzyQ3siW2wyc97"
    "jNMNDsZBkkuGq90CKpmF5SU2QLjc94gLZOvt+4cgVF+aBwIOSBot0F3/3fWv98DBhpsUgl"
    "OUMENycpDzhwBBxyVj+gUdXF6/u3sBRymxCewZsLFnTNEcTK8UqVzjfXXqlwZPYN0Culen"
    "ftnZfvnwo6qEbiTSOoBPT0oAfHqSCzAUJQF+JMzklaj0SKLObdl05nKPzuphJbcfKSaI4R"
    "Jvgw0ZKcFWcCR1b8ew8cDhFjUq2c8JoTqz1kv7pZ5xvn3HhpD6uhioPX9Vjeg1UW1GN9uM"
    "xoMpF5V8hHGZ9tFRp2dlluaz/KX5LHVQGocJyM3AuICkiETqYyhOXv34424V/K3ltgKANt"
    "ubtyap9+eV358n70Zcag+q5GpLyNQ4lI92fJDJ1kayTjWjU800YA1sl8+tGalm3vmMSdDv"
    "/Ky02bHCbgGxagbVBq5fJYc2BMRanM/QMg/KI3FNnyBjitkETp/nLppz3zLDK5AkJEgNY2"
    "MhXhq+h0YunhEkPO44xETUy8mgvas7aRJ1T0nU5Tlb1SfZpKSeZJs+yT7jgcWN69kd0zFB"
    "yE8FtTsSqE/n3heNe85dIV+/CpxxEQ3oOqBB2EwFOCMBDeY6mB73jalcBYWcOjNm1J8sjn"
    "NQTUmugTsG0Z3Be7grgAvQe3f768X7K/Tx7ury+v46DHpeLYuqMGkT3l31368fSkEMalaO"
    "yUtKtY8F3cHhHyFi1fXCpKT2JzTNn9AoY/veI04n19pWpd0S5rZYVvymvQ2pTKVxPoGUnW"
    "DWhi0gS6JG3DdoODTxYjhEJiQmxWMIQQqqyf/kEEUml1Ww2jkiax0w7lHYkBrfmNqFbakv"
    "0gZ4vbfOsMgTZ7zD0wXHVQdNBrtatcHedIM982jy/POY6j6RfPf4b5XKr7ZdOJLQZnAJM1"
    "j7SurzlegTrxsWXa/P/F2Otc3P/H3e0Ppr9silhpWhni5LilRTGqtTIszeJKMgjfzqgFII"
    "bgfa1ReQ0gTyqXQhc70JLhrZtPl25byhIki3MqfeFLRIqfYpFZEGnhsHiwx3UD23LKGFCu"
    "JSouINmG+PZJ11RXQt+UoXfUqcZKyzsTRTUY36tbSTYSVRY9jncacW7WrL6UbDT6XS8I5k"
    "9DpfcZTHXDtyjHK5BrnczibGchw8SbEiVmwPu6KI8+0/XGVDGERbVwQwEPqu4aNC+ERqNh"
    "mWaz58CaHvGr5AVamCXSTxXQOHbTg3a5ODDtcl9fKz+fIjtfGNzppMyLXGjVsz+oFtVEml"
    "XUnUeW6ttMz2UqtVo3SDDDuRmHY3Ns3dmEhw+AWOlcNVafc1MZ2Nr0w2Ph09n49+ewM7tR"
    "/gmVUEnejo+bsgRg5X64KkoO4C7Q1rkjcsOrYga7RvAdxYS21FN/mFl4FXp0lrxaEbH/HC"
    "JpknyC9LugXOXCdW55vO3A+ckQVyiUHoIzHRmLuQlyz0B79VJ4O7fK4OyiCPcPBFsPcu7a"
    "J9SkNlzrQIW9Je1YatpN0Cr6pmYRugYdrym+KVTiuNJHTkYInIQZeMiUsysxkVHeYSE2rf"
    "Ho/jXhmWSNYqOLM+xRItF5cNaKI10RbyRHvCC5WiXl0yocKT30fVrVMpwRZOYNvfPqXZ13"
    "zoNfua6nPNvmrqryVdEDMqK/VAUk53gOZem8+9xmL8n4ZtbENBS7FNft6a134OXvtZiNc+"
    "cakx7aR517CgW0C74qjKt1jXfEi3nJrse+E5n7jNNp/BfCSuqBgAFBNpofXZOyuTw1jWyg"
    "//OUtlMYZvqgLCYfUWont8VIo2OyqgzY7S5j1nXugPSiKcf9hpTKT+406fhyTb2sGmz5qy"
    "5Ov/Acd0N5o="
)
